//! Content on its way out.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::failure::{Refused, XmlRefused};
use super::params::{Params, xml_preconditions};
use super::{Api, resource};
use crate::access::Reading;
use crate::range::ByteRange;
use crate::store::{Object, Target};

/// `GET /download/storage/v1/b/B/o/O?alt=media`: where `mediaLink` points.
pub(super) async fn download(
    State(api): State<Api>,
    Path((bucket, object)): Path<(String, String)>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let reading = api.access.read(bucket.parse()?, params.target(&object)?, range(&headers)).await?;
    Ok(respond(reading))
}

/// `GET /B/O`: how Go's client reads.
pub(super) async fn xml(
    State(api): State<Api>,
    Path((bucket, object)): Path<(String, String)>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, XmlRefused> {
    let target = Target {
        name: object.parse()?,
        generation: params.generation("generation")?,
        preconditions: xml_preconditions(&headers)?,
    };
    Ok(respond(api.access.read(bucket.parse()?, target, range(&headers)).await?))
}

/// The range a request asks for.
pub(super) fn range(headers: &HeaderMap) -> Option<ByteRange> {
    headers.get(header::RANGE)?.to_str().ok().and_then(ByteRange::parse)
}

/// The content with its headers.
pub(super) fn respond(reading: Reading) -> Response {
    let Reading { object, range, content, torn } = reading;
    let mut headers = described(&object);
    headers.insert(header::CONTENT_LENGTH, content.len().into());
    let mut status = StatusCode::OK;
    if let Some((start, end)) = range {
        status = StatusCode::PARTIAL_CONTENT;
        let value = format!("bytes {start}-{}/{}", end - 1, object.digests.size);
        insert(&mut headers, header::CONTENT_RANGE, &value);
    }
    let body = if torn { torn_body(&content) } else { Body::from(content) };
    (status, headers, body).into_response()
}

fn described(object: &Object) -> HeaderMap {
    let attributes = &object.attributes;
    let digests = &object.digests;
    let mut headers = HeaderMap::new();
    let media_type = attributes.content_type.as_deref().unwrap_or("application/octet-stream");
    let stored_as = attributes.content_encoding.as_deref().unwrap_or("identity");
    let hashes = format!("crc32c={},md5={}", resource::crc32c(digests), resource::md5(digests));
    let modified = object.updated.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let generation = object.generation.to_string();
    let metageneration = object.metageneration.to_string();
    let size = digests.size.to_string();
    let optional = [
        (header::CONTENT_ENCODING, &attributes.content_encoding),
        (header::CONTENT_DISPOSITION, &attributes.content_disposition),
        (header::CONTENT_LANGUAGE, &attributes.content_language),
        (header::CACHE_CONTROL, &attributes.cache_control),
    ];
    for (name, value) in optional {
        insert(&mut headers, name, value.as_deref().unwrap_or_default());
    }
    insert(&mut headers, header::CONTENT_TYPE, media_type);
    insert(&mut headers, header::ETAG, &resource::etag(object));
    insert(&mut headers, header::LAST_MODIFIED, &modified);
    insert(&mut headers, header::ACCEPT_RANGES, "bytes");
    for (name, value) in [
        ("x-goog-generation", generation.as_str()),
        ("x-goog-metageneration", &metageneration),
        ("x-goog-stored-content-length", &size),
        ("x-goog-stored-content-encoding", stored_as),
        ("x-goog-storage-class", "STANDARD"),
        ("x-goog-hash", &hashes),
    ] {
        insert(&mut headers, HeaderName::from_static(name), value);
    }
    for (key, value) in &attributes.metadata {
        if let Ok(name) = format!("x-goog-meta-{key}").parse::<HeaderName>() {
            insert(&mut headers, name, value);
        }
    }
    headers
}

/// Leaves out what is empty or cannot stand in a header.
fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let (false, Ok(value)) = (value.is_empty(), HeaderValue::from_bytes(value.as_bytes())) {
        headers.insert(name, value);
    }
}

/// The first half, then a broken connection. In between hyper gets the chance to send what it has: without it the
/// headers would be lost too, now and then.
fn torn_body(content: &Bytes) -> Body {
    let half = content.slice(..content.len() / 2);
    let broken = async {
        tokio::task::yield_now().await;
        Err(std::io::Error::other("the connection broke"))
    };
    Body::from_stream(stream::iter([Ok(half)]).chain(stream::once(broken)))
}
