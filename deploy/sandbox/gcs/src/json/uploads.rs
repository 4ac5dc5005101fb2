//! Uploads: in one request (media, multipart) or in parts (resumable).

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::failure::Refused;
use super::input::{Description, header_claims};
use super::params::Params;
use super::{Api, content_range, multipart, resource};
use crate::store::{BucketName, Content, Error, ObjectName, Progress, Received, UploadId, Write};

/// nginx's 499, which GCS answers when a resumable upload was cancelled as asked.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// The methods of an upload URL. Go's client sends parts with POST, the others with PUT.
pub(super) fn methods() -> MethodRouter<Api> {
    post(upload).put(upload).delete(cancel)
}

async fn upload(
    State(api): State<Api>,
    Path(bucket): Path<String>,
    params: Params,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let bucket: BucketName = bucket.parse()?;
    if let Some(id) = params.text("upload_id") {
        return go_on(&api, bucket, id.parse()?, &params, &headers, body).await;
    }
    match params.text("uploadType") {
        Some("resumable") => start(&api, bucket, &params, &headers, &body).await,
        Some("multipart") => {
            let parts = multipart::split(&body, &multipart::boundary(&headers)?)?;
            let (write, content) = related(&params, &headers, parts)?;
            finish(&api, bucket, write, content).await
        }
        Some("media") => {
            let write = described(&params, &headers, &Description::default(), media_type(&headers, "content-type"))?;
            finish(&api, bucket, write, body).await
        }
        other => Err(Error::Invalid(format!(
            "uploadType must be media, multipart or resumable, not '{}'",
            other.unwrap_or_default()
        ))
        .into()),
    }
}

async fn finish(api: &Api, bucket: BucketName, write: Write, content: Bytes) -> Result<Response, Refused> {
    let object = api.access.write(bucket.clone(), write, Content::Bytes(content)).await?;
    Ok(Json(resource::object(&bucket, &object, &api.base_url)).into_response())
}

/// A write out of the parts of a multipart body.
fn related(params: &Params, headers: &HeaderMap, parts: Vec<multipart::Part>) -> Result<(Write, Bytes), Error> {
    let mut parts = parts.into_iter();
    let (Some(metadata), Some(media), trailer, None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(Error::Invalid(
            "A multipart upload has two parts, metadata and content, and may have checksums behind them.".into(),
        ));
    };
    let description = Description::parse(&metadata.content)?;
    let mut write = described(params, headers, &description, media.content_type.as_deref())?;
    if let Some(trailer) = trailer {
        write.claims = write.claims.and(Description::parse(&trailer.content)?.claims()?);
    }
    Ok((write, media.content))
}

fn described(
    params: &Params,
    headers: &HeaderMap,
    description: &Description,
    media_type: Option<&str>,
) -> Result<Write, Error> {
    let name = params.text("name").or(description.name.as_deref());
    let name = name.ok_or_else(|| Error::Invalid("Required parameter: name".into()))?;
    let mut attributes = description.attributes(media_type)?;
    if let Some(encoding) = params.text("contentEncoding") {
        attributes.content_encoding = Some(encoding.to_owned());
    }
    Ok(Write {
        name: name.parse()?,
        attributes,
        claims: header_claims(headers)?.and(description.claims()?),
        preconditions: params.preconditions()?,
    })
}

fn media_type<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

async fn start(
    api: &Api,
    bucket: BucketName,
    params: &Params,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, Refused> {
    let description = Description::parse(body)?;
    let write = described(params, headers, &description, media_type(headers, "x-upload-content-type"))?;
    let name = write.name.clone();
    let id = api.access.start_upload(bucket.clone(), write).await?;
    let location = session_url(&api.base_url, headers, &bucket, &name, id);
    let location = HeaderValue::try_from(location).map_err(|e| Error::Invalid(e.to_string()))?;
    let id = HeaderValue::try_from(id.to_string()).map_err(|e| Error::Invalid(e.to_string()))?;
    let id_header = HeaderName::from_static("x-guploader-uploadid");
    Ok((StatusCode::OK, [(header::LOCATION, location), (id_header, id)]).into_response())
}

/// The official Rust crate sends a Host without its port: then the address the server listens on is meant.
fn session_url(base_url: &str, headers: &HeaderMap, bucket: &BucketName, name: &ObjectName, id: UploadId) -> String {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let base = match host {
        Some(host) if host.contains(':') => format!("http://{host}"),
        _ => base_url.to_owned(),
    };
    let name = resource::segment(name.as_str());
    format!("{base}/upload/storage/v1/b/{bucket}/o?uploadType=resumable&name={name}&upload_id={id}")
}

async fn go_on(
    api: &Api,
    bucket: BucketName,
    id: UploadId,
    params: &Params,
    headers: &HeaderMap,
    bytes: Bytes,
) -> Result<Response, Refused> {
    let range = headers.get(header::CONTENT_RANGE).map(HeaderValue::to_str).transpose();
    let range = range.map_err(|e| Error::Invalid(e.to_string()))?;
    let (offset, total) = content_range::parse(range)?;
    let received = Received { offset, total, bytes, claims: header_claims(headers)? };
    let name = params.text("name").unwrap_or_default();
    match api.access.continue_upload(bucket.clone(), name, id, received).await? {
        Progress::Finished(object) => Ok(Json(resource::object(&bucket, &object, &api.base_url)).into_response()),
        Progress::Partial(stored) => Ok(incomplete(stored, headers)),
    }
}

/// 308, or for Go's client, which cannot see one through its redirect logic, 200 with the 308 in a header.
fn incomplete(stored: u64, request: &HeaderMap) -> Response {
    let mut response = if request.contains_key("x-guploader-no-308") {
        let code = HeaderName::from_static("x-http-status-code-override");
        (StatusCode::OK, [(code, "308")]).into_response()
    } else {
        StatusCode::PERMANENT_REDIRECT.into_response()
    };
    let range = stored.checked_sub(1).map(|last| HeaderValue::try_from(format!("bytes=0-{last}")));
    if let Some(Ok(range)) = range {
        response.headers_mut().insert(header::RANGE, range);
    }
    response
}

async fn cancel(State(api): State<Api>, Path(bucket): Path<String>, params: Params) -> Result<StatusCode, Refused> {
    let bucket: BucketName = bucket.parse()?;
    let id: UploadId = params.text("upload_id").unwrap_or_default().parse()?;
    api.access
        .buckets(params.text("name").unwrap_or_default(), move |store| store.bucket(&bucket)?.cancel_upload(id))
        .await?;
    Ok(StatusCode::from_u16(CLIENT_CLOSED_REQUEST).unwrap_or(StatusCode::NO_CONTENT))
}
