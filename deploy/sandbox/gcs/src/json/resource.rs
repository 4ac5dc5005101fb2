//! Buckets and objects as the JSON API shows them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::store::{BucketName, BucketRecord, Digests, Object, Page};

/// What may stand in a path segment as it is (RFC 3986, section 2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// An object name as one path segment.
pub(crate) fn segment(name: &str) -> String {
    utf8_percent_encode(name, SEGMENT).to_string()
}

/// A CRC-32C as GCS writes it: base64 of the big-endian bytes.
pub(crate) fn crc32c(digests: &Digests) -> String {
    BASE64_STANDARD.encode(digests.crc32c.to_be_bytes())
}

/// An MD5 as GCS writes it: base64.
pub(crate) fn md5(digests: &Digests) -> String {
    BASE64_STANDARD.encode(digests.md5)
}

/// Changes whenever content or attributes change.
pub(crate) fn etag(object: &Object) -> String {
    BASE64_STANDARD.encode(format!("{}/{}", object.generation, object.metageneration))
}

/// <https://cloud.google.com/storage/docs/json_api/v1/objects#resource>
pub(crate) fn object(bucket: &BucketName, object: &Object, base_url: &str) -> Value {
    let path = format!("storage/v1/b/{bucket}/o/{}", segment(object.name.as_str()));
    let generation = object.generation;
    let mut fields = json!({
        "kind": "storage#object",
        "id": format!("{bucket}/{}/{generation}", object.name),
        "selfLink": format!("{base_url}/{path}"),
        "mediaLink": format!("{base_url}/download/{path}?generation={generation}&alt=media"),
        "name": object.name,
        "bucket": bucket,
        "generation": generation.to_string(),
        "metageneration": object.metageneration.to_string(),
        "storageClass": "STANDARD",
        "size": object.digests.size.to_string(),
        "md5Hash": md5(&object.digests),
        "crc32c": crc32c(&object.digests),
        "etag": etag(object),
        "timeCreated": object.created,
        "updated": object.updated,
        "timeStorageClassUpdated": object.created,
        "timeFinalized": object.created,
    });
    if let (Some(fields), Some(archived)) = (fields.as_object_mut(), object.archived) {
        fields.insert("timeDeleted".into(), json!(archived));
    }
    if let (Some(fields), Ok(Value::Object(attributes))) =
        (fields.as_object_mut(), serde_json::to_value(&object.attributes))
    {
        fields.extend(attributes);
    }
    fields
}

/// <https://cloud.google.com/storage/docs/json_api/v1/buckets#resource>
pub(crate) fn bucket(record: &BucketRecord, base_url: &str) -> Value {
    let name = &record.name;
    json!({
        "kind": "storage#bucket",
        "id": name,
        "name": name,
        "selfLink": format!("{base_url}/storage/v1/b/{name}"),
        "projectNumber": "0",
        "metageneration": record.metageneration.to_string(),
        "location": "US",
        "locationType": "multi-region",
        "storageClass": "STANDARD",
        "etag": BASE64_STANDARD.encode(record.metageneration.to_be_bytes()),
        "timeCreated": record.created,
        "updated": record.updated,
        "versioning": {"enabled": record.versioning},
        "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": true}},
    })
}

/// <https://cloud.google.com/storage/docs/json_api/v1/objects/list>
pub(crate) fn page(bucket: &BucketName, page: &Page, base_url: &str) -> Value {
    let mut fields = Map::new();
    fields.insert("kind".into(), json!("storage#objects"));
    if let Some(token) = &page.next {
        fields.insert("nextPageToken".into(), json!(token.encode()));
    }
    if !page.prefixes.is_empty() {
        fields.insert("prefixes".into(), json!(page.prefixes));
    }
    if !page.objects.is_empty() {
        let items = page.objects.iter().map(|item| object(bucket, item, base_url));
        fields.insert("items".into(), items.collect());
    }
    Value::Object(fields)
}
