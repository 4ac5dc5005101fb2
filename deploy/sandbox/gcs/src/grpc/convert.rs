//! Between the store's types and the messages on the wire.

use std::collections::BTreeMap;

use googleapis_tonic_google_storage_v2::google::storage::v2 as proto;
use jiff::Timestamp;

use crate::json::resource;
use crate::store::{Attributes, BucketName, BucketRecord, Error, Object};

/// An object.
pub(super) fn object(bucket: &BucketName, object: &Object) -> proto::Object {
    let attributes = object.attributes.clone();
    proto::Object {
        name: object.name.to_string(),
        bucket: bucket.to_resource(),
        etag: resource::etag(object),
        generation: object.generation.get(),
        metageneration: object.metageneration,
        storage_class: "STANDARD".into(),
        size: i64::try_from(object.digests.size).unwrap_or(i64::MAX),
        content_encoding: attributes.content_encoding.unwrap_or_default(),
        content_disposition: attributes.content_disposition.unwrap_or_default(),
        cache_control: attributes.cache_control.unwrap_or_default(),
        content_language: attributes.content_language.unwrap_or_default(),
        content_type: attributes.content_type.unwrap_or_default(),
        delete_time: object.archived.map(time),
        finalize_time: Some(time(object.created)),
        create_time: Some(time(object.created)),
        update_time: Some(time(object.updated)),
        update_storage_class_time: Some(time(object.created)),
        checksums: Some(proto::ObjectChecksums {
            crc32c: Some(object.digests.crc32c),
            md5_hash: object.digests.md5.to_vec(),
        }),
        metadata: attributes.metadata.into_iter().collect(),
        ..proto::Object::default()
    }
}

/// A bucket.
pub(super) fn bucket(record: &BucketRecord) -> proto::Bucket {
    proto::Bucket {
        name: record.name.to_resource(),
        bucket_id: record.name.to_string(),
        etag: record.metageneration.to_string(),
        project: "projects/0".into(),
        metageneration: record.metageneration,
        location: "US".into(),
        location_type: "multi-region".into(),
        storage_class: "STANDARD".into(),
        create_time: Some(time(record.created)),
        update_time: Some(time(record.updated)),
        versioning: Some(proto::bucket::Versioning { enabled: record.versioning }),
        ..proto::Bucket::default()
    }
}

/// `current` with the fields that `mask` names taken from `wanted`; `*` names all a writer can set.
pub(super) fn masked(mut current: Attributes, wanted: &proto::Object, mask: &[String]) -> Result<Attributes, Error> {
    let text = |value: &String| Some(value.clone()).filter(|text| !text.is_empty());
    for path in mask {
        match path.as_str() {
            "*" => current = all(wanted),
            "content_type" => current.content_type = text(&wanted.content_type),
            "content_encoding" => current.content_encoding = text(&wanted.content_encoding),
            "content_disposition" => {
                current.content_disposition = text(&wanted.content_disposition);
            }
            "content_language" => current.content_language = text(&wanted.content_language),
            "cache_control" => current.cache_control = text(&wanted.cache_control),
            "metadata" => current.metadata = metadata(wanted),
            path => match path.strip_prefix("metadata.") {
                Some(key) => {
                    current.metadata.remove(key);
                    current.metadata.extend(wanted.metadata.get(key).map(|v| (key.to_owned(), v.clone())));
                }
                None => return Err(Error::Invalid(format!("'{path}' cannot be updated here"))),
            },
        }
    }
    Ok(current)
}

fn all(wanted: &proto::Object) -> Attributes {
    let text = |value: &String| Some(value.clone()).filter(|text| !text.is_empty());
    Attributes {
        content_type: text(&wanted.content_type),
        content_encoding: text(&wanted.content_encoding),
        content_disposition: text(&wanted.content_disposition),
        content_language: text(&wanted.content_language),
        cache_control: text(&wanted.cache_control),
        metadata: metadata(wanted),
    }
}

fn metadata(wanted: &proto::Object) -> BTreeMap<String, String> {
    wanted.metadata.clone().into_iter().collect()
}

fn time(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}
