//! A bucket that counts its calls as Cloud Storage bills them.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tenancy::store::memory::MemoryStore;
use tenancy::store::{
    Generation, NewObject, ObjectMeta, ObjectName, ObjectReader, ObjectStore, Page, PageToken, Precondition,
    StoreError, Versioned,
};

use crate::hours::Now;

/// A bucket in memory, metered.
pub(crate) struct Metered {
    pub(crate) bucket: Arc<MemoryStore>,
    pub(crate) now: Now,
}

impl Metered {
    fn reading(&self) -> &MemoryStore {
        self.now.count(|hour| hour.class_b += 1);
        &self.bucket
    }

    fn listing(&self) -> &MemoryStore {
        self.now.count(|hour| {
            hour.class_a += 1;
            hour.listings += 1;
        });
        &self.bucket
    }
}

#[async_trait]
impl ObjectReader for Metered {
    async fn read(&self, name: &ObjectName) -> Result<Option<Versioned<Bytes>>, StoreError> {
        self.reading().read(name).await
    }

    async fn read_generation(&self, name: &ObjectName, generation: Generation) -> Result<Option<Bytes>, StoreError> {
        self.reading().read_generation(name, generation).await
    }

    async fn stat(&self, name: &ObjectName) -> Result<Option<ObjectMeta>, StoreError> {
        self.reading().stat(name).await
    }

    async fn list(&self, prefix: &str, page: Option<&PageToken>, limit: usize) -> Result<Page<ObjectMeta>, StoreError> {
        self.listing().list(prefix, page, limit).await
    }

    async fn generations(&self, name: &ObjectName) -> Result<Vec<ObjectMeta>, StoreError> {
        self.listing().generations(name).await
    }
}

#[async_trait]
impl ObjectStore for Metered {
    async fn write(&self, name: &ObjectName, object: NewObject, when: Precondition) -> Result<Generation, StoreError> {
        let bytes = u64::try_from(object.body.len()).unwrap_or(u64::MAX);
        self.now.count(|hour| {
            hour.class_a += 1;
            hour.bytes += bytes;
        });
        self.bucket.write(name, object, when).await
    }

    async fn delete(&self, name: &ObjectName, when: Generation) -> Result<(), StoreError> {
        self.now.count(|hour| hour.free += 1);
        self.bucket.delete(name, when).await
    }
}
