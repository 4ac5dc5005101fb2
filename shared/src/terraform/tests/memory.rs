//! A bucket in memory, live generations only. It stands in until the room of stores has one, with this constructor.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;

use crate::clock::Clock;
use crate::store::{
    Generation, NewObject, ObjectMeta, ObjectName, ObjectReader, ObjectStore, Page, PageToken, Precondition,
    StoreError, Versioned,
};

pub(super) struct MemoryStore {
    clock: Arc<dyn Clock>,
    bucket: Mutex<Bucket>,
}

#[derive(Default)]
struct Bucket {
    last: u64,
    live: BTreeMap<ObjectName, (ObjectMeta, Bytes)>,
}

impl MemoryStore {
    pub(super) fn new(_bucket: &str, clock: Arc<dyn Clock>) -> Self {
        Self { clock, bucket: Mutex::default() }
    }
}

#[async_trait]
impl ObjectReader for MemoryStore {
    async fn read(&self, name: &ObjectName) -> Result<Option<Versioned<Bytes>>, StoreError> {
        let bucket = self.bucket.lock().unwrap();
        let found = bucket.live.get(name);
        Ok(found.map(|(meta, body)| Versioned { value: body.clone(), generation: meta.generation }))
    }

    async fn read_generation(&self, name: &ObjectName, generation: Generation) -> Result<Option<Bytes>, StoreError> {
        Ok(self.read(name).await?.filter(|found| found.generation == generation).map(|found| found.value))
    }

    async fn stat(&self, name: &ObjectName) -> Result<Option<ObjectMeta>, StoreError> {
        Ok(self.bucket.lock().unwrap().live.get(name).map(|(meta, _)| meta.clone()))
    }

    async fn list(&self, prefix: &str, _: Option<&PageToken>, _: usize) -> Result<Page<ObjectMeta>, StoreError> {
        let bucket = self.bucket.lock().unwrap();
        let under = bucket.live.values().filter(|(meta, _)| meta.name.as_str().starts_with(prefix));
        Ok(Page { items: under.map(|(meta, _)| meta.clone()).collect(), next: None })
    }

    async fn generations(&self, name: &ObjectName) -> Result<Vec<ObjectMeta>, StoreError> {
        Ok(self.stat(name).await?.into_iter().collect())
    }
}

#[async_trait]
impl ObjectStore for MemoryStore {
    async fn write(&self, name: &ObjectName, object: NewObject, when: Precondition) -> Result<Generation, StoreError> {
        let mut bucket = self.bucket.lock().unwrap();
        let live = bucket.live.get(name).map(|(meta, _)| meta.generation);
        let holds = match when {
            Precondition::Absent => live.is_none(),
            Precondition::Matches(expected) => live == Some(expected),
        };
        if !holds {
            return Err(StoreError::PreconditionFailed { name: name.clone() });
        }
        bucket.last += 1;
        let generation = Generation::new(bucket.last).unwrap();
        let meta = ObjectMeta {
            name: name.clone(),
            generation,
            size: object.body.len() as u64,
            updated: self.clock.now(),
            content_type: object.content_type,
            metadata: object.metadata,
        };
        bucket.live.insert(name.clone(), (meta, object.body));
        Ok(generation)
    }

    async fn delete(&self, name: &ObjectName, when: Generation) -> Result<(), StoreError> {
        let mut bucket = self.bucket.lock().unwrap();
        if bucket.live.get(name).is_none_or(|(meta, _)| meta.generation != when) {
            return Err(StoreError::PreconditionFailed { name: name.clone() });
        }
        bucket.live.remove(name);
        Ok(())
    }
}
