//! The unary part of `google.storage.v2.Storage` that the official crate's `StorageControl` uses
//! (<https://cloud.google.com/storage/docs/reference/rpc/google.storage.v2>). Content is not read or written here.

mod buckets;
mod convert;
mod frame;
mod objects;
mod status;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use http_body_util::BodyExt as _;
use prost::Message;

use crate::access::Access;
use status::Status;

/// Requests are descriptions, never content.
const LARGEST_REQUEST: usize = 4 << 20;

/// All methods, behind one route.
pub(crate) fn router(access: Access) -> Router {
    Router::new().route("/google.storage.v2.Storage/{method}", post(call)).with_state(access)
}

async fn call(State(access): State<Access>, Path(method): Path<String>, body: Body) -> Response {
    match dispatch(&access, &method, body).await {
        Ok(message) => frame::response(&message),
        Err(status) => status.into_response(),
    }
}

async fn dispatch(access: &Access, method: &str, body: Body) -> Result<Vec<u8>, Status> {
    let body = http_body_util::Limited::new(body, LARGEST_REQUEST);
    let body = body.collect().await.map_err(|e| Status::invalid(&e.to_string()))?.to_bytes();
    let request = frame::message(&body)?;
    match method {
        "GetObject" => reply(objects::get(access, decode(request)?).await),
        "ListObjects" => reply(objects::list(access, decode(request)?).await),
        "DeleteObject" => reply(objects::delete(access, decode(request)?).await),
        "UpdateObject" => reply(objects::update(access, decode(request)?).await),
        "GetBucket" => reply(buckets::get(access, decode(request)?).await),
        "ListBuckets" => reply(buckets::list(access, decode(request)?).await),
        "CreateBucket" => reply(buckets::create(access, decode(request)?).await),
        "DeleteBucket" => reply(buckets::delete(access, decode(request)?).await),
        _ => Err(Status::unimplemented(method)),
    }
}

fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M, Status> {
    M::decode(bytes).map_err(|e| Status::invalid(&e.to_string()))
}

fn reply<M: Message>(result: Result<M, Status>) -> Result<Vec<u8>, Status> {
    result.map(|message| message.encode_to_vec())
}
