//! `GET /openapi.json`.

use axum::response::{IntoResponse, Response};
use http::header;

use crate::http::openapi;

pub(super) async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], openapi::text()).into_response()
}
