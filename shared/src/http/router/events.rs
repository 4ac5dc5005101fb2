//! `POST /events`: the definitions bucket changed.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tracing::Instrument as _;

use crate::http::events::{EventSource, acknowledge, begin_delivery, unread};
use crate::http::follow::Following;
use crate::http::negotiate::read_body;
use crate::http::problem::Problem;
use crate::reconcile::{Noticed, Watcher};

/// 204 whatever is wrong with the event itself: anything else would only bring the same event again.
pub(super) async fn receive(
    State((watcher, source)): State<(Watcher, EventSource)>,
    Following(request_trace): Following,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let body = read_body(request).await;
    let (span, trace) = begin_delivery("event", request_trace, &headers, body.as_deref().unwrap_or_default());
    let hint = match body {
        Ok(body) => source.hint(&headers, &body),
        Err(problem) => unread(problem)?,
    };
    let Some(tenant) = span.in_scope(|| hint.logged()) else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    Ok(match watcher.within(trace).notice(&tenant).instrument(span).await {
        Ok(Noticed::Settled | Noticed::Recorded(_)) => StatusCode::NO_CONTENT.into_response(),
        Ok(Noticed::HandedOn(_)) => StatusCode::ACCEPTED.into_response(),
        Err(error) => acknowledge(error, &tenant),
    })
}
