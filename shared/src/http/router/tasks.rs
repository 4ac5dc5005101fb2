//! `POST /tasks`: a tenant wants reconciling.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::http::events::{acknowledge, task_hint, unread};
use crate::http::identity::Asking;
use crate::http::negotiate::read_body;
use crate::http::problem::Problem;
use crate::reconcile::{Insist, Reconciler};
use crate::records::Trigger;
use crate::tenants::Caller;

pub(super) async fn receive(
    State(reconciler): State<Reconciler>,
    Asking(principal): Asking,
    request: Request,
) -> Result<Response, Problem> {
    let caller = Caller { principal, trigger: Trigger::Task };
    let hint = match read_body(request).await {
        Ok(body) => task_hint(&body),
        Err(problem) => unread(problem)?,
    };
    let Some(tenant) = hint.logged() else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let _admitted = match reconciler.admit(&caller, &tenant) {
        Ok(admitted) => admitted,
        Err(error) => return Ok(acknowledge(error, &tenant)),
    };
    Ok(match reconciler.reconcile(&caller, &tenant, Insist::No).await {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => acknowledge(error, &tenant),
    })
}
