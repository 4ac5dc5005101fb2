//! `POST /events`: the definitions bucket changed.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::http::events::{EventSource, acknowledge, unread};
use crate::http::negotiate::read_body;
use crate::http::problem::Problem;
use crate::reconcile::{Noticed, Watcher};

/// 204 whatever is wrong with the event itself: anything else would only bring the same event again.
pub(super) async fn receive(
    State((watcher, source)): State<(Watcher, EventSource)>,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let hint = match read_body(request).await {
        Ok(body) => source.hint(&headers, &body),
        Err(problem) => unread(problem)?,
    };
    let Some(tenant) = hint.logged() else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    Ok(match watcher.notice(&tenant).await {
        Ok(Noticed::Settled | Noticed::Recorded(_)) => StatusCode::NO_CONTENT.into_response(),
        Ok(Noticed::HandedOn(_)) => StatusCode::ACCEPTED.into_response(),
        Err(error) => acknowledge(error, &tenant),
    })
}
