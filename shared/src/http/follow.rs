//! What a request is part of: its trace, as its headers name it. Everything that is logged while it is answered names it
//! too, and what follows from the request carries it on.

use axum::extract::{FromRequestParts, MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;
use http::request::Parts;
use tracing::Instrument as _;

use crate::telemetry;
use crate::trace::TraceContext;

/// The trace of a request, for controllers.
#[derive(Debug, Clone, Copy)]
pub(in crate::http) struct Following(pub(in crate::http) Option<TraceContext>);

/// Answers a request within its trace.
pub(in crate::http) async fn follow(mut request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if route == "/healthz" {
        return next.run(request).await;
    }
    let (method, name) = (request.method().clone(), format!("{} {route}", request.method()));
    let span = tracing::info_span!(
        "request",
        otel.name = name,
        otel.kind = "server",
        http.request.method = %method,
        http.route = route,
        http.response.status_code = tracing::field::Empty,
        otel.status_code = tracing::field::Empty,
    );
    let trace = telemetry::join(&span, of_request(request.headers()));
    request.extensions_mut().insert(Following(trace));
    let response = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    if response.status().is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    drop(span);
    telemetry::flush().await;
    response
}

/// `traceparent`, or what Google's front ends sent before there was one.
fn of_request(headers: &HeaderMap) -> Option<TraceContext> {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    let standard = header("traceparent").and_then(|text| text.parse().ok());
    standard.or_else(|| header("x-cloud-trace-context").and_then(TraceContext::from_cloud_header))
}

impl<S: Send + Sync> FromRequestParts<S> for Following {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get().copied().unwrap_or(Self(None)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_headers_name_a_trace() {
        let (standard, other) =
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "4bf92f3577b34da6a3ce929d0e0e4736/7;o=1");
        for (headers, expected) in [
            (&[("traceparent", standard)][..], Some(standard)),
            (&[("traceparent", standard), ("x-cloud-trace-context", other)], Some(standard)),
            (
                &[("traceparent", "00-no"), ("x-cloud-trace-context", other)],
                Some("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000007-01"),
            ),
            (&[("traceparent", "00-no")], None),
            (&[], None),
        ] {
            let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            assert_eq!(of_request(&headers).map(|trace| trace.to_string()).as_deref(), expected, "{headers:?}");
        }
    }
}
