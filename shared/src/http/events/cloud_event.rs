//! `CloudEvents` 1.0 as Eventarc sends them for a bucket (binary mode), and in structured mode.

use cloudevents::AttributesReader as _;
use cloudevents::binding::http::to_event;
use http::{HeaderMap, header};

use super::ObjectChange;

const TYPE: &str = "google.cloud.storage.object.v1.";
const SOURCE: &str = "//storage.googleapis.com/projects/_/buckets/";
const SUBJECT: &str = "objects/";

/// Whether a request says that it is one.
pub(super) fn is_one(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.starts_with("application/cloudevents")
        || ["ce-specversion", "ce-type", "ce-id"].into_iter().any(|name| headers.contains_key(name))
}

/// What changed, by `type`, `source` and `subject`. The data says the same once more and is not looked at.
pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<ObjectChange, String> {
    let event = to_event(headers, body.to_vec()).map_err(|error| format!("no CloudEvent: {error}"))?;
    let kind = event.ty().strip_prefix(TYPE).ok_or_else(|| format!("type '{}' is not of a bucket", event.ty()))?;
    let source: &str = event.source().as_ref();
    let bucket = source.strip_prefix(SOURCE).ok_or_else(|| format!("source '{source}' is no bucket"))?;
    // Taken as it stands: the sender does not escape it, and a definition's name has nothing to escape.
    let object = event.subject().and_then(|subject| subject.strip_prefix(SUBJECT)).ok_or("the subject is no object")?;
    let content = matches!(kind, "finalized" | "deleted" | "archived");
    Ok(ObjectChange { bucket: bucket.to_owned(), object: object.to_owned(), content })
}
