//! Object descriptions as clients send them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use crate::store::{Attributes, Claims, Error};

/// The part of an object resource that a writer can set.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Description {
    /// The name, if it is not in the query.
    pub name: Option<String>,
    crc32c: Option<String>,
    md5_hash: Option<String>,
    #[serde(flatten)]
    attributes: BTreeMap<String, Value>,
}

impl Description {
    /// Reads a JSON body; an empty one is an empty description.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Error> {
        if body.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice(body).map_err(|e| Error::Invalid(format!("Metadata part: {e}")))
    }

    /// The attributes; the media type of the content counts when the description names none.
    pub(super) fn attributes(&self, media_type: Option<&str>) -> Result<Attributes, Error> {
        let mut attributes = patched(Attributes::default(), &self.attributes)?;
        attributes.content_type = attributes.content_type.or_else(|| media_type.map(str::to_owned));
        Ok(attributes)
    }

    /// The checksums.
    pub(super) fn claims(&self) -> Result<Claims, Error> {
        Ok(Claims {
            crc32c: self.crc32c.as_deref().map(crc32c).transpose()?,
            md5: self.md5_hash.as_deref().map(md5).transpose()?,
        })
    }
}

/// The checksums in `x-goog-hash` and `content-md5`.
pub(super) fn header_claims(headers: &HeaderMap) -> Result<Claims, Error> {
    let mut claims = Claims::default();
    for value in headers.get_all("x-goog-hash") {
        for hash in value.to_str().unwrap_or_default().split(',') {
            match hash.trim().split_once('=') {
                Some(("crc32c", text)) => claims.crc32c = Some(crc32c(text)?),
                Some(("md5", text)) => claims.md5 = Some(md5(text)?),
                _ => {}
            }
        }
    }
    if let Some(text) = headers.get("content-md5").and_then(|value| value.to_str().ok()) {
        claims.md5 = Some(md5(text)?);
    }
    Ok(claims)
}

/// `attributes` with the fields of `patch` in place: a value sets, null clears; metadata is merged key by key.
pub(super) fn patched(mut attributes: Attributes, patch: &BTreeMap<String, Value>) -> Result<Attributes, Error> {
    for (field, value) in patch {
        let slot = match field.as_str() {
            "contentType" => &mut attributes.content_type,
            "contentEncoding" => &mut attributes.content_encoding,
            "contentDisposition" => &mut attributes.content_disposition,
            "contentLanguage" => &mut attributes.content_language,
            "cacheControl" => &mut attributes.cache_control,
            "metadata" => {
                merge(&mut attributes.metadata, value)?;
                continue;
            }
            _ => continue,
        };
        *slot = text(field, value)?;
    }
    Ok(attributes)
}

fn merge(metadata: &mut BTreeMap<String, String>, patch: &Value) -> Result<(), Error> {
    match patch {
        Value::Null => metadata.clear(),
        Value::Object(patch) => {
            for (key, value) in patch {
                match text(key, value)? {
                    Some(value) => metadata.insert(key.clone(), value),
                    None => metadata.remove(key),
                };
            }
        }
        _ => {
            return Err(Error::Invalid("metadata must be an object of strings".into()));
        }
    }
    Ok(())
}

fn text(field: &str, value: &Value) -> Result<Option<String>, Error> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err(Error::Invalid(format!("{field} must be a string"))),
    }
}

fn crc32c(text: &str) -> Result<u32, Error> {
    decoded(text, "CRC32C").map(u32::from_be_bytes)
}

fn md5(text: &str) -> Result<[u8; 16], Error> {
    decoded(text, "MD5")
}

fn decoded<const N: usize>(text: &str, what: &str) -> Result<[u8; N], Error> {
    let bytes = BASE64_STANDARD.decode(text.trim()).ok();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| Error::Invalid(format!("'{text}' is not a base64 encoded {what}")))
}
