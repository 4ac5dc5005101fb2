//! `POST /tasks`: a tenant wants reconciling.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tracing::Instrument as _;

use crate::http::events::{acknowledge, begin_delivery, task_hint, unread};
use crate::http::identity::Asking;
use crate::http::negotiate::read_body;
use crate::http::problem::Problem;
use crate::reconcile::{Insist, Reconciler};
use crate::records::Trigger;

pub(super) async fn receive(
    State(reconciler): State<Reconciler>,
    asking: Asking,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let body = read_body(request).await;
    let (span, trace) = begin_delivery("task", asking.trace, &headers, body.as_deref().unwrap_or_default());
    let caller = asking.through(Trigger::Task).within(trace);
    let hint = match body {
        Ok(body) => task_hint(&body),
        Err(problem) => unread(problem)?,
    };
    let Some(tenant) = span.in_scope(|| hint.logged()) else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let _admitted = match reconciler.admit(&caller, &tenant) {
        Ok(admitted) => admitted,
        Err(error) => return Ok(acknowledge(error, &tenant)),
    };
    Ok(match reconciler.reconcile(&caller, &tenant, Insist::No).instrument(span).await {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => acknowledge(error, &tenant),
    })
}
