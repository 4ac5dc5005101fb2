//! `POST /tasks`: a tenant wants reconciling.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::http::events::{Hint, acknowledge, task_hint};
use crate::http::identity::Asking;
use crate::http::negotiate::read_body;
use crate::reconcile::{Insist, Reconciler};
use crate::records::Trigger;
use crate::tenants::Caller;

pub(super) async fn receive(
    State(reconciler): State<Reconciler>,
    Asking(principal): Asking,
    request: Request,
) -> Response {
    let caller = Caller { principal, trigger: Trigger::Task };
    let hint = match read_body(request).await {
        Ok(body) => task_hint(&body),
        Err(problem) => Hint::Malformed(problem.detail().to_owned()),
    };
    let Some(tenant) = hint.logged() else { return StatusCode::NO_CONTENT.into_response() };
    match reconciler.reconcile(&caller, &tenant, Insist::No).await {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => acknowledge(error, &tenant),
    }
}
