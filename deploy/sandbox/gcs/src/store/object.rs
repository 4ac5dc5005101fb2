//! An object's description: what the sidecar file keeps and every protocol shows.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Error, Generation, ObjectName};

/// One version of an object, without its content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Object {
    /// Its name within the bucket.
    pub name: ObjectName,
    /// Which version of the content this is.
    pub generation: Generation,
    /// Counts changes of the attributes of this generation, from 1.
    pub metageneration: i64,
    /// Size and checksums of the content.
    #[serde(flatten)]
    pub digests: Digests,
    /// When this generation was written.
    pub created: Timestamp,
    /// When its attributes changed last.
    pub updated: Timestamp,
    /// When it stopped being the live version; `None` for the live one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<Timestamp>,
    /// What the writer says about it.
    #[serde(flatten)]
    pub attributes: Attributes,
}

/// What the writer of an object says about it, and may change later.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Attributes {
    /// Media type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// How the stored bytes are encoded (`gzip`); they are served as stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    /// Value of the header of the same name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_disposition: Option<String>,
    /// Value of the header of the same name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_language: Option<String>,
    /// Value of the header of the same name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
    /// Custom metadata.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// Size and checksums, computed from the content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Digests {
    /// Bytes.
    pub size: u64,
    /// CRC-32C (Castagnoli).
    pub crc32c: u32,
    /// MD5.
    pub md5: [u8; 16],
}

impl Digests {
    /// Computes all of them.
    pub(crate) fn of(content: &[u8]) -> Self {
        Self { size: content.len() as u64, crc32c: crc32c::crc32c(content), md5: md5::compute(content).0 }
    }
}

/// The checksums a client says its content has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// CRC-32C, if sent.
    pub crc32c: Option<u32>,
    /// MD5, if sent.
    pub md5: Option<[u8; 16]>,
}

impl Claims {
    /// Both sets of claims; `later` wins where both speak.
    #[must_use]
    pub(crate) fn and(self, later: Self) -> Self {
        Self { crc32c: later.crc32c.or(self.crc32c), md5: later.md5.or(self.md5) }
    }

    /// Refuses content that is not what the client says it sent.
    pub(crate) fn verify(&self, digests: &Digests) -> Result<(), Error> {
        if self.crc32c.is_some_and(|claimed| claimed != digests.crc32c) {
            return Err(Error::Invalid("Provided CRC32C does not match the uploaded content.".into()));
        }
        if self.md5.is_some_and(|claimed| claimed != digests.md5) {
            return Err(Error::Invalid("Provided MD5 hash does not match the uploaded content.".into()));
        }
        Ok(())
    }
}
