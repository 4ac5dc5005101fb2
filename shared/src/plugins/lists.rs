//! Plugin lists that lie in buckets of their own: option B of `spec.plugins`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::source::{InvalidSource, Source};
use crate::store::{Generation, ObjectName, ObjectReader, StoreError, Versioned};

/// The address of a plugin list: `gs://BUCKET/OBJECT`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ListAddress {
    bucket: String,
    name: ObjectName,
}

impl FromStr for ListAddress {
    type Err = InvalidSource;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse()? {
            Source::Object { bucket, name } => Ok(Self { bucket, name }),
            Source::Web(_) | Source::File(_) => Err(InvalidSource(text.to_owned())),
        }
    }
}

impl fmt::Display for ListAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gs://{}/{}", self.bucket, self.name)
    }
}

impl TryFrom<String> for ListAddress {
    type Error = InvalidSource;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ListAddress> for String {
    fn from(address: ListAddress) -> Self {
        address.to_string()
    }
}

/// Buckets by name, for reading: those that definitions name are not known before.
pub trait Buckets: Send + Sync + 'static {
    /// The bucket of this name. Nothing is asked of it yet.
    fn bucket(&self, name: &str) -> Arc<dyn ObjectReader>;
}

#[cfg(feature = "gcs")]
impl Buckets for Arc<crate::store::gcs::GcsClients> {
    fn bucket(&self, name: &str) -> Arc<dyn ObjectReader> {
        Arc::new(crate::store::gcs::GcsClients::bucket(self, name))
    }
}

/// Buckets in memory; one of any other name is empty.
#[cfg(any(test, feature = "contract"))]
#[derive(Clone)]
pub struct MemoryBuckets {
    buckets: std::collections::BTreeMap<String, Arc<crate::store::memory::MemoryStore>>,
    elsewhere: Arc<crate::store::memory::MemoryStore>,
}

#[cfg(any(test, feature = "contract"))]
impl MemoryBuckets {
    /// No bucket.
    pub fn new(clock: &Arc<dyn crate::clock::Clock>) -> Self {
        let elsewhere = Arc::new(crate::store::memory::MemoryStore::new("elsewhere", Arc::clone(clock)));
        Self { buckets: std::collections::BTreeMap::new(), elsewhere }
    }

    /// One more.
    #[must_use]
    pub fn and(mut self, name: &str, bucket: Arc<crate::store::memory::MemoryStore>) -> Self {
        self.buckets.insert(name.to_owned(), bucket);
        self
    }
}

#[cfg(any(test, feature = "contract"))]
impl Buckets for MemoryBuckets {
    fn bucket(&self, name: &str) -> Arc<dyn ObjectReader> {
        Arc::clone(self.buckets.get(name).unwrap_or(&self.elsewhere)) as Arc<dyn ObjectReader>
    }
}

/// Reads plugin lists.
#[derive(Clone)]
pub struct PluginLists {
    buckets: Arc<dyn Buckets>,
}

impl PluginLists {
    /// Over whatever buckets definitions name.
    pub fn new(buckets: Arc<dyn Buckets>) -> Self {
        Self { buckets }
    }

    /// The generation of the list that is there now; `None` if there is none.
    pub async fn generation(&self, list: &ListAddress) -> Result<Option<Generation>, StoreError> {
        Ok(self.buckets.bucket(&list.bucket).stat(&list.name).await?.map(|meta| meta.generation))
    }

    /// The list that is there now; `None` if there is none.
    pub async fn read(&self, list: &ListAddress) -> Result<Option<Versioned<Bytes>>, StoreError> {
        self.buckets.bucket(&list.bucket).read(&list.name).await
    }
}
