//! A `CloudEvent` about an object in HTTP binary mode
//! (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md>), with the names
//! and values Eventarc uses (<https://cloud.google.com/eventarc/docs/cloudevents#cloud-storage>).

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::resource;
use crate::store::{BucketName, Change, ChangeKind};

/// What section 3.1.3.2 of the HTTP binding escapes in header values; all beyond ASCII is escaped too.
const HEADER: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

/// One event, ready to be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CloudEvent {
    /// HTTP headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The object, as the JSON API shows it.
    pub body: Value,
}

impl CloudEvent {
    /// Puts a change into words. `id` must be unique to it; every delivery of it carries the same one.
    pub(crate) fn new(bucket: &BucketName, change: &Change, id: &str, base_url: &str) -> Self {
        let kind = match change.kind {
            ChangeKind::Finalized => "finalized",
            ChangeKind::Archived => "archived",
            ChangeKind::Deleted => "deleted",
        };
        let object = &change.object;
        let time = match change.kind {
            ChangeKind::Finalized => object.created,
            ChangeKind::Archived | ChangeKind::Deleted => object.archived.unwrap_or(object.updated),
        };
        let subject = utf8_percent_encode(object.name.as_str(), HEADER);
        let headers = [
            ("ce-specversion", "1.0".to_owned()),
            ("ce-id", id.to_owned()),
            ("ce-type", format!("google.cloud.storage.object.v1.{kind}")),
            ("ce-source", format!("//storage.googleapis.com/{}", bucket.to_resource())),
            ("ce-subject", format!("objects/{subject}")),
            ("ce-time", time.to_string()),
            ("ce-bucket", bucket.to_string()),
            ("content-type", "application/json".to_owned()),
        ];
        Self {
            headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            body: resource::object(bucket, object, base_url),
        }
    }
}
