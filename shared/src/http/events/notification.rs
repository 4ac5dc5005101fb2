//! Bucket notifications through plain Pub/Sub: attributes of a message, which a push subscription wraps in JSON or, without
//! its wrapper, writes as headers.

use std::collections::HashMap;

use http::HeaderMap;
use serde::Deserialize;

use super::ObjectChange;

#[derive(Deserialize)]
struct Push {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    attributes: HashMap<String, String>,
}

/// What changed, by `eventType`, `bucketId` and `objectId`.
pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<ObjectChange, String> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    if headers.contains_key("eventType") {
        return change(header);
    }
    let push: Push = serde_json::from_slice(body)
        .map_err(|error| format!("neither a CloudEvent nor a pushed notification: {error}"))?;
    change(|name| push.message.attributes.get(name).cloned())
}

fn change(attribute: impl Fn(&str) -> Option<String>) -> Result<ObjectChange, String> {
    let wanted = |name: &str| attribute(name).ok_or_else(|| format!("attribute '{name}' is missing"));
    let content = matches!(wanted("eventType")?.as_str(), "OBJECT_FINALIZE" | "OBJECT_DELETE" | "OBJECT_ARCHIVE");
    Ok(ObjectChange { bucket: wanted("bucketId")?, object: wanted("objectId")?, content })
}
