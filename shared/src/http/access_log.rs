//! One line a request, in the fields Cloud Logging knows (`httpRequest`). No header value and no body: neither is ours to
//! keep, and a query may hold anything.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;

use super::problem::Problem;

/// Logs a request once it is answered: its cost, its status, the reason of its problem.
pub(in crate::http) async fn log_request(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned()).unwrap_or_default();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let latency = format!("{:.6}s", begun.elapsed().as_secs_f64());
    let reason = response.extensions().get::<Problem>().map(|problem| problem.kind().reason);
    let request_line = serde_json::json!({
        "requestMethod": method.as_str(), "requestUrl": path, "status": status, "latency": latency,
    });
    let (http_request, reason) = (request_line.to_string(), reason.unwrap_or_default());
    if response.status().is_server_error() {
        tracing::error!(http_request, route, reason, "{method} {path} {status}");
    } else {
        tracing::info!(http_request, route, reason, "{method} {path} {status}");
    }
    response
}
