//! A bucket whose writes fail when a test says so.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;

use crate::clock::SystemClock;
use crate::store::memory::MemoryStore;
use crate::store::{
    Generation, NewObject, ObjectMeta, ObjectName, ObjectReader, ObjectStore, Page, PageToken, Precondition,
    StoreError, Versioned,
};

/// How a write goes wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::terraform) enum Fault {
    /// It is done, and nobody hears of it.
    AnswerLost,
    /// It is not done, and trying again does not help.
    Refused,
    /// It is done, and the answer takes its time.
    Late,
}

pub(in crate::terraform) struct FaultyStore {
    inner: MemoryStore,
    /// The next writes of names with this end go wrong.
    ordered: Mutex<Option<(Fault, &'static str, usize)>>,
    collisions: AtomicUsize,
}

impl Default for FaultyStore {
    fn default() -> Self {
        let inner = MemoryStore::new("test", Arc::new(SystemClock));
        Self { inner, ordered: Mutex::default(), collisions: AtomicUsize::default() }
    }
}

impl FaultyStore {
    /// The next `count` writes of names with this end go wrong.
    pub(in crate::terraform) fn order(&self, fault: Fault, end: &'static str, count: usize) {
        *self.ordered.lock().unwrap() = Some((fault, end, count));
    }

    /// How many writes came to find that somebody else had written.
    pub(in crate::terraform) fn collisions(&self) -> usize {
        self.collisions.load(Ordering::Relaxed)
    }

    /// Names that are there.
    pub(in crate::terraform) async fn names(&self) -> Vec<String> {
        let page = self.inner.list("", None, 1000).await.unwrap();
        page.items.iter().map(|meta| meta.name.to_string()).collect()
    }

    fn due(&self, name: &ObjectName) -> Option<Fault> {
        let mut ordered = self.ordered.lock().unwrap();
        let (fault, end, left) = ordered.as_mut()?;
        if *left == 0 || !name.as_str().ends_with(*end) {
            return None;
        }
        *left -= 1;
        Some(*fault)
    }
}

#[async_trait]
impl ObjectReader for FaultyStore {
    async fn read(&self, name: &ObjectName) -> Result<Option<Versioned<Bytes>>, StoreError> {
        self.inner.read(name).await
    }

    async fn read_generation(&self, name: &ObjectName, generation: Generation) -> Result<Option<Bytes>, StoreError> {
        self.inner.read_generation(name, generation).await
    }

    async fn stat(&self, name: &ObjectName) -> Result<Option<ObjectMeta>, StoreError> {
        self.inner.stat(name).await
    }

    async fn list(&self, prefix: &str, page: Option<&PageToken>, limit: usize) -> Result<Page<ObjectMeta>, StoreError> {
        self.inner.list(prefix, page, limit).await
    }

    async fn generations(&self, name: &ObjectName) -> Result<Vec<ObjectMeta>, StoreError> {
        self.inner.generations(name).await
    }
}

#[async_trait]
impl ObjectStore for FaultyStore {
    async fn write(&self, name: &ObjectName, object: NewObject, when: Precondition) -> Result<Generation, StoreError> {
        let fault = self.due(name);
        if fault == Some(Fault::Refused) {
            return Err(StoreError::Unusable { bucket: "test".to_owned(), reason: "a test says so".to_owned() });
        }
        let written = self.inner.write(name, object, when).await;
        if matches!(written, Err(StoreError::PreconditionFailed { .. })) {
            self.collisions.fetch_add(1, Ordering::Relaxed);
        }
        if fault == Some(Fault::Late) {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        if fault == Some(Fault::AnswerLost) {
            return Err(StoreError::Unavailable { reason: "the answer was lost".to_owned() });
        }
        written
    }

    async fn delete(&self, name: &ObjectName, when: Generation) -> Result<(), StoreError> {
        self.inner.delete(name, when).await
    }
}
