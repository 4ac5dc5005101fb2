//! A bucket that counts what is asked of it for tenants.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use tenancy::records::RecordName;
use tenancy::store::{
    Generation, NewObject, ObjectMeta, ObjectName, ObjectReader, ObjectStore, Page, PageToken, Precondition,
    StoreError, Versioned,
};

/// Passes everything on, and counts; reads of the few objects that are the whole fleet's are not counted.
pub(crate) struct Counting {
    bucket: Arc<dyn ObjectStore>,
    listings: AtomicUsize,
    reads: AtomicUsize,
}

impl Counting {
    /// Over a bucket.
    pub(crate) fn over(bucket: Arc<dyn ObjectStore>) -> Self {
        Self { bucket, listings: AtomicUsize::new(0), reads: AtomicUsize::new(0) }
    }

    /// Listings and reads since the last time it was asked.
    pub(crate) fn take(&self) -> (usize, usize) {
        (self.listings.swap(0, Ordering::Relaxed), self.reads.swap(0, Ordering::Relaxed))
    }

    fn reading(&self, name: &ObjectName) -> &dyn ObjectStore {
        if !name.as_str().starts_with(RecordName::FLEET_PREFIX) {
            self.reads.fetch_add(1, Ordering::Relaxed);
        }
        self.bucket.as_ref()
    }
}

#[async_trait]
impl ObjectReader for Counting {
    async fn read(&self, name: &ObjectName) -> Result<Option<Versioned<Bytes>>, StoreError> {
        self.reading(name).read(name).await
    }

    async fn read_generation(&self, name: &ObjectName, generation: Generation) -> Result<Option<Bytes>, StoreError> {
        self.reading(name).read_generation(name, generation).await
    }

    async fn stat(&self, name: &ObjectName) -> Result<Option<ObjectMeta>, StoreError> {
        self.reading(name).stat(name).await
    }

    async fn list(&self, prefix: &str, page: Option<&PageToken>, limit: usize) -> Result<Page<ObjectMeta>, StoreError> {
        self.listings.fetch_add(1, Ordering::Relaxed);
        self.bucket.list(prefix, page, limit).await
    }

    async fn generations(&self, name: &ObjectName) -> Result<Vec<ObjectMeta>, StoreError> {
        self.reading(name).generations(name).await
    }
}

#[async_trait]
impl ObjectStore for Counting {
    async fn write(&self, name: &ObjectName, object: NewObject, when: Precondition) -> Result<Generation, StoreError> {
        self.bucket.write(name, object, when).await
    }

    async fn delete(&self, name: &ObjectName, when: Generation) -> Result<(), StoreError> {
        self.bucket.delete(name, when).await
    }
}
