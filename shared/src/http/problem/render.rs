//! The way out: whatever a handler, a fallback or a panic left behind becomes a document.

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, Method, header};

use super::{MEDIA_TYPE, Problem};

/// Writes the document of a [`Problem`] that a response carries. Outermost of the layers that answer, so that no problem
/// leaves without its body.
pub(in crate::http) async fn render(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let head = request.method() == Method::HEAD;
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions().get::<Problem>().cloned() else { return response };
    let document = problem.document(&path).to_string();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    // A proxy must not keep what may be different in a second.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(document.len()));
    if !head {
        *response.body_mut() = Body::from(document);
    }
    response
}
