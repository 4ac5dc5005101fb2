//! Objects without their content.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::failure::Refused;
use super::input::{Description, patched};
use super::params::Params;
use super::{Api, media, resource};
use crate::store::{Attributes, BucketName, Claims, Content, Error, Target, Write};

/// `GET /storage/v1/b/B/o`
pub(super) async fn list(
    State(api): State<Api>,
    Path(bucket): Path<String>,
    params: Params,
) -> Result<Json<Value>, Refused> {
    let bucket: BucketName = bucket.parse()?;
    let page = api.access.list(bucket.clone(), params.listing()?).await?;
    Ok(Json(resource::page(&bucket, &page, &api.base_url)))
}

/// `GET /storage/v1/b/B/o/O`: the description, or with `alt=media` the content.
pub(super) async fn get(
    State(api): State<Api>,
    Path((bucket, object)): Path<(String, String)>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let (bucket, target): (BucketName, _) = (bucket.parse()?, params.target(&object)?);
    if params.text("alt") == Some("media") {
        return Ok(media::respond(api.access.read(bucket, target, media::range(&headers)).await?));
    }
    let object = api.access.get(bucket.clone(), target).await?;
    Ok(Json(resource::object(&bucket, &object, &api.base_url)).into_response())
}

/// `DELETE /storage/v1/b/B/o/O`
pub(super) async fn delete(
    State(api): State<Api>,
    Path((bucket, object)): Path<(String, String)>,
    params: Params,
) -> Result<StatusCode, Refused> {
    api.access.delete(bucket.parse()?, params.target(&object)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PATCH /storage/v1/b/B/o/O`: changes the fields in the body.
pub(super) async fn patch(
    State(api): State<Api>,
    Path((bucket, object)): Path<(String, String)>,
    params: Params,
    body: Bytes,
) -> Result<Json<Value>, Refused> {
    change(&api, &bucket, params.target(&object)?, &body, |current, fields| patched(current, &fields)).await
}

/// `PUT /storage/v1/b/B/o/O`: replaces all fields a writer can set.
pub(super) async fn update(
    State(api): State<Api>,
    Path((bucket, object)): Path<(String, String)>,
    params: Params,
    body: Bytes,
) -> Result<Json<Value>, Refused> {
    let replace = |_, fields| patched(Attributes::default(), &fields);
    change(&api, &bucket, params.target(&object)?, &body, replace).await
}

async fn change(
    api: &Api,
    bucket: &str,
    target: Target,
    body: &[u8],
    apply: impl FnOnce(Attributes, BTreeMap<String, Value>) -> Result<Attributes, Error> + Send + 'static,
) -> Result<Json<Value>, Refused> {
    let bucket: BucketName = bucket.parse()?;
    let fields =
        serde_json::from_slice(body).map_err(|e| Error::Invalid(format!("The body is no object resource: {e}")))?;
    let object = api.access.update(bucket.clone(), target, move |current| apply(current, fields)).await?;
    Ok(Json(resource::object(&bucket, &object, &api.base_url)))
}

/// `POST …/rewriteTo/b/B/o/O`: copies in one go; a body replaces the copied attributes.
pub(super) async fn rewrite(
    State(api): State<Api>,
    Path((bucket, object, to_bucket, to_object)): Path<(String, String, String, String)>,
    params: Params,
    body: Bytes,
) -> Result<Json<Value>, Refused> {
    let source = Target {
        name: object.parse()?,
        generation: params.generation("sourceGeneration")?,
        preconditions: params.source_preconditions()?,
    };
    let reading = api.access.read(bucket.parse()?, source, None).await?;
    let attributes = match body.trim_ascii() {
        b"" | b"{}" => reading.object.attributes.clone(),
        body => Description::parse(body)?.attributes(None)?,
    };
    let write = Write {
        name: to_object.parse()?,
        attributes,
        claims: Claims::default(),
        preconditions: params.preconditions()?,
    };
    let to_bucket: BucketName = to_bucket.parse()?;
    let copy = api.access.write(to_bucket.clone(), write, Content::Bytes(reading.content)).await?;
    let size = copy.digests.size.to_string();
    Ok(Json(json!({
        "kind": "storage#rewriteResponse",
        "totalBytesRewritten": size,
        "objectSize": size,
        "done": true,
        "resource": resource::object(&to_bucket, &copy, &api.base_url),
    })))
}
