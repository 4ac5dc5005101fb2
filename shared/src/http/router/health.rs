//! `GET /healthz`: the process serves. It asks nothing of anybody: a store that is down is no reason to start anew.

use axum::Json;
use serde_json::{Value, json};

pub(super) async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}
