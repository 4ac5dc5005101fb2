//! `POST /assets`: something outside changed a resource.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::http::events::{EventSource, acknowledge, asset_hint, unread};
use crate::http::follow::Following;
use crate::http::negotiate::read_body;
use crate::http::problem::Problem;
use crate::reconcile::{Suspicion, Watcher};

/// 204 whatever the message holds: anything else would only bring it again.
pub(super) async fn receive(
    State((watcher, _)): State<(Watcher, EventSource)>,
    Following(trace): Following,
    request: Request,
) -> Result<Response, Problem> {
    let (hint, at) = match read_body(request).await {
        Ok(body) => asset_hint(&body),
        Err(problem) => (unread(problem)?, None),
    };
    let Some(tenant) = hint.logged() else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    Ok(match watcher.within(trace).suspect(&tenant, at).await {
        Ok(Suspicion::Unfounded) => StatusCode::NO_CONTENT.into_response(),
        Ok(Suspicion::HandedOn) => StatusCode::ACCEPTED.into_response(),
        Err(error) => acknowledge(error, &tenant),
    })
}
