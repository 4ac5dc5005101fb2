//! Buckets.

use axum::Json;
use axum::extract::{Path, State};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::failure::Refused;
use super::{Api, resource};
use crate::store::{BucketName, Error};

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    name: String,
    #[serde(default)]
    versioning: Option<Versioning>,
}

#[derive(Deserialize)]
struct Versioning {
    enabled: bool,
}

impl Wanted {
    fn parse(body: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(body).map_err(|e| Error::Invalid(format!("The body is no bucket resource: {e}")))
    }
}

/// `GET /storage/v1/b`: all of them on one page.
pub(super) async fn list(State(api): State<Api>) -> Result<Json<Value>, Refused> {
    let buckets = api.access.buckets("", |store| Ok(store.buckets())).await?;
    let items: Value = buckets.iter().map(|record| resource::bucket(record, &api.base_url)).collect();
    Ok(Json(json!({"kind": "storage#buckets", "items": items})))
}

/// `GET /storage/v1/b/B`
pub(super) async fn get(State(api): State<Api>, Path(bucket): Path<String>) -> Result<Json<Value>, Refused> {
    let name: BucketName = bucket.parse()?;
    let record = api.access.buckets(&bucket, move |store| Ok(store.bucket(&name)?.record())).await?;
    Ok(Json(resource::bucket(&record, &api.base_url)))
}

/// `GET /storage/v1/b/B/storageLayout`: no bucket here has a hierarchical namespace.
pub(super) async fn layout(State(api): State<Api>, Path(bucket): Path<String>) -> Result<Json<Value>, Refused> {
    let name: BucketName = bucket.parse()?;
    let record = api.access.buckets(&bucket, move |store| Ok(store.bucket(&name)?.record())).await?;
    Ok(Json(json!({
        "kind": "storage#storageLayout",
        "bucket": record.name,
        "location": "US",
        "locationType": "multi-region",
        "hierarchicalNamespace": {"enabled": false},
    })))
}

/// `POST /storage/v1/b`
pub(super) async fn insert(State(api): State<Api>, body: Bytes) -> Result<Json<Value>, Refused> {
    let wanted = Wanted::parse(&body)?;
    let name: BucketName = wanted.name.parse()?;
    let versioning = wanted.versioning.is_some_and(|versioning| versioning.enabled);
    let created = api.access.buckets(&wanted.name, move |store| store.create_bucket(name, versioning)).await?;
    Ok(Json(resource::bucket(&created, &api.base_url)))
}

/// `PATCH /storage/v1/b/B`: versioning can be changed, nothing else.
pub(super) async fn patch(
    State(api): State<Api>,
    Path(bucket): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Refused> {
    let name: BucketName = bucket.parse()?;
    let wanted = Wanted::parse(&body)?.versioning;
    let changed = api.access.buckets(&bucket, move |store| {
        let bucket = store.bucket(&name)?;
        match wanted {
            Some(versioning) => bucket.set_versioning(versioning.enabled),
            None => Ok(bucket.record()),
        }
    });
    Ok(Json(resource::bucket(&changed.await?, &api.base_url)))
}

/// `DELETE /storage/v1/b/B`
pub(super) async fn delete(State(api): State<Api>, Path(bucket): Path<String>) -> Result<StatusCode, Refused> {
    let name: BucketName = bucket.parse()?;
    api.access.buckets(&bucket, move |store| store.delete_bucket(&name)).await?;
    Ok(StatusCode::NO_CONTENT)
}
