//! Buckets as a port: objects with generations, written and deleted only under a precondition.
//!
//! A value of [`ObjectReader`] or [`ObjectStore`] is one bucket. Every implementation passes the same contract suite.

#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod document;
#[cfg(any(test, feature = "contract"))]
pub mod faulty;
#[cfg(feature = "gcs")]
pub mod gcs;
pub mod listing;
pub mod memory;

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An object's generation: a number that grows with every write of the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(u64);

impl Generation {
    /// `None` for zero, which in preconditions means 'no such object'.
    pub const fn new(number: u64) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The number, never zero.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A value and the generation it was read at: what a compare-and-swap needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<T> {
    /// What was read.
    pub value: T,
    /// When it was written, as the store counts.
    pub generation: Generation,
}

impl<T> Versioned<T> {
    /// The same generation of another view of the value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Versioned<U> {
        Versioned { value: f(self.value), generation: self.generation }
    }
}

/// The name of an object within its bucket: 1 to 1024 bytes of UTF-8 without control characters or `.`/`..` segments.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectName(Arc<str>);

/// The text cannot name an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an object name has 1 to 1024 bytes, no control characters and no '.' or '..' segment")]
pub struct InvalidObjectName;

impl ObjectName {
    /// Checks and keeps a name.
    pub fn new(name: impl AsRef<str>) -> Result<Self, InvalidObjectName> {
        let name = name.as_ref();
        let fits = (1..=1024).contains(&name.len()) && !name.chars().any(char::is_control);
        let stays = name.split('/').all(|segment| segment != "." && segment != "..");
        if fits && stays { Ok(Self(name.into())) } else { Err(InvalidObjectName) }
    }

    /// A name put together from parts that were checked when they were parsed: ids and our own words.
    pub(crate) fn of_parts(name: fmt::Arguments<'_>) -> Self {
        Self(name.to_string().into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

// A map keyed by names is searched by prefix. `ObjectName` compares and hashes as its text does.
impl Borrow<str> for ObjectName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ObjectName {
    type Error = InvalidObjectName;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::new(name)
    }
}

impl From<ObjectName> for String {
    fn from(name: ObjectName) -> Self {
        name.0.as_ref().to_owned()
    }
}

/// What a store knows of an object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectMeta {
    /// Its name.
    pub name: ObjectName,
    /// Its generation.
    pub generation: Generation,
    /// Bytes.
    pub size: u64,
    /// When this generation was written.
    pub updated: Timestamp,
    /// MIME type, where one was given.
    pub content_type: Option<String>,
    /// The writer's own key-value pairs.
    pub metadata: BTreeMap<String, String>,
}

/// An object's content and what comes with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewObject {
    /// The content.
    pub body: Bytes,
    /// MIME type.
    pub content_type: Option<String>,
    /// The writer's own key-value pairs, at most 8 KiB together.
    pub metadata: BTreeMap<String, String>,
}

/// What must hold for a write to happen. There is no 'whatever is there': nobody overwrites what they have not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precondition {
    /// No live object has the name.
    Absent,
    /// The live object is of this generation.
    Matches(Generation),
}

/// The most objects one page of a listing holds.
pub const LIST_LIMIT: usize = 1000;

/// Where a listing goes on. Opaque.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageToken(pub String);

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next begins; `None` on the last.
    pub next: Option<PageToken>,
}

/// Why a store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The precondition does not hold: somebody else wrote.
    #[error("'{name}' was changed by somebody else since it was read")]
    PreconditionFailed {
        /// The object.
        name: ObjectName,
    },
    /// The bucket is not there or not ours to use.
    #[error("bucket '{bucket}' cannot be used: {reason}; check its name and the identity's roles")]
    Unusable {
        /// The bucket.
        bucket: String,
        /// What the store said.
        reason: String,
    },
    /// A time-out, 429 or 5xx: the same call may succeed later. The write may or may not have happened.
    #[error("the store did not answer in time: {reason}")]
    Unavailable {
        /// What the store said.
        reason: String,
    },
    /// What is stored cannot be what we wrote.
    #[error("'{name}' cannot be read: {reason}; restore an earlier generation of it")]
    Corrupt {
        /// The object.
        name: ObjectName,
        /// What is wrong with it.
        reason: String,
    },
    /// The page token is not one this store gave out.
    #[error("the page token is not one of this listing's; begin again without one")]
    InvalidPageToken,
}

impl StoreError {
    /// Whether the same call may succeed later, unchanged.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::PreconditionFailed { .. } | Self::Unusable { .. } | Self::Corrupt { .. } | Self::InvalidPageToken => {
                false
            }
        }
    }
}

/// Reading one bucket. Who holds only this can write nothing.
#[async_trait]
pub trait ObjectReader: Send + Sync + 'static {
    /// The live object, `None` if there is none. A bucket that is not there is [`StoreError::Unusable`], never `None`.
    /// An adapter may refuse content too big for memory as [`StoreError::Corrupt`].
    async fn read(&self, name: &ObjectName) -> Result<Option<Versioned<Bytes>>, StoreError>;

    /// One generation, live or archived; `None` if the store no longer has it.
    async fn read_generation(&self, name: &ObjectName, generation: Generation) -> Result<Option<Bytes>, StoreError>;

    /// What is known of the live object.
    async fn stat(&self, name: &ObjectName) -> Result<Option<ObjectMeta>, StoreError>;

    /// Live objects whose names start with `prefix`, by name, at most `limit` (1 to [`LIST_LIMIT`], clamped) of them. One
    /// call, one page; a page may hold fewer than `limit`, or none, and still have a next.
    async fn list(&self, prefix: &str, page: Option<&PageToken>, limit: usize) -> Result<Page<ObjectMeta>, StoreError>;

    /// Every generation of one name the store still has, live and archived, newest first.
    async fn generations(&self, name: &ObjectName) -> Result<Vec<ObjectMeta>, StoreError>;
}

/// Reading and writing one bucket.
#[async_trait]
pub trait ObjectStore: ObjectReader {
    /// Writes the object if the precondition holds, and says its new generation: greater than every earlier one of the
    /// name, deleted ones included.
    async fn write(&self, name: &ObjectName, object: NewObject, when: Precondition) -> Result<Generation, StoreError>;

    /// Deletes the live object if it is of this generation; a versioned bucket archives it. An object already gone is a
    /// failed precondition.
    async fn delete(&self, name: &ObjectName, when: Generation) -> Result<(), StoreError>;
}
