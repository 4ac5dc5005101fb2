//! The names of things, parsed once: a value of these types is always well formed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Error;

/// A bucket's name: 3–63 of `a-z 0-9 . _ -`, letter or digit at both ends
/// (<https://cloud.google.com/storage/docs/buckets#naming>).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BucketName(String);

impl BucketName {
    /// The name as it stands in a URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads the form the gRPC API uses: `projects/_/buckets/NAME`.
    pub fn from_resource(resource: &str) -> Result<Self, Error> {
        resource
            .strip_prefix("projects/")
            .and_then(|rest| rest.split_once("/buckets/"))
            .ok_or_else(|| Error::Invalid(format!("'{resource}' is not a bucket: write projects/_/buckets/NAME")))
            .and_then(|(_, name)| name.parse())
    }

    /// The form the gRPC API uses.
    pub fn to_resource(&self) -> String {
        format!("projects/_/buckets/{}", self.0)
    }
}

impl FromStr for BucketName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let good = (3..=63).contains(&text.len())
            && text.chars().all(allowed)
            && edge(text.chars().next())
            && edge(text.chars().next_back());
        if good { Ok(Self(text.to_owned())) } else { Err(Error::Invalid(format!("Invalid bucket name: '{text}'"))) }
    }
}

/// An object's name: 1–1024 bytes of UTF-8 without line breaks, not `.` or `..`
/// (<https://cloud.google.com/storage/docs/objects#naming>).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectName(String);

impl ObjectName {
    /// The name as it is, not escaped.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let good = (1..=1024).contains(&text.len()) && !text.contains(['\r', '\n']) && !matches!(text, "." | "..");
        if good { Ok(Self(text.to_owned())) } else { Err(Error::Invalid(format!("Invalid object name: '{text}'"))) }
    }
}

/// One version of an object's content. Never reused, grows with every write, across restarts too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(i64);

impl Generation {
    /// Wraps a number as a client or the allocator gave it.
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number on the wire.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! text_name {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;

            fn try_from(text: String) -> Result<Self, Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

text_name!(BucketName);
text_name!(ObjectName);
