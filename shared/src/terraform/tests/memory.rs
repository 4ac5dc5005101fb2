//! A bucket in memory, with faults that a test can order.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;

use crate::store::{
    Generation, NewObject, ObjectMeta, ObjectName, ObjectReader, ObjectStore, Page, PageToken, Precondition,
    StoreError, Versioned,
};

#[derive(Default)]
pub(in crate::terraform) struct MemoryStore(Mutex<Bucket>);

#[derive(Default)]
struct Bucket {
    last: u64,
    live: BTreeMap<ObjectName, (Generation, NewObject)>,
    /// Writes of names with this end are done, and not answered, this many times.
    lost_answers: (String, usize),
    /// Writes of names with this end are refused this many times.
    refusals: (String, usize),
}

impl MemoryStore {
    /// The next `count` writes of names with this end are done, and their answers lost.
    pub(in crate::terraform) fn lose_answers(&self, end: &str, count: usize) {
        self.0.lock().unwrap().lost_answers = (end.to_owned(), count);
    }

    /// The next `count` writes of names with this end are refused.
    pub(in crate::terraform) fn refuse_writes(&self, end: &str, count: usize) {
        self.0.lock().unwrap().refusals = (end.to_owned(), count);
    }

    /// Names that are there.
    pub(in crate::terraform) fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().live.keys().map(ToString::to_string).collect()
    }
}

fn meta(name: &ObjectName, (generation, object): &(Generation, NewObject)) -> ObjectMeta {
    ObjectMeta {
        name: name.clone(),
        generation: *generation,
        size: object.body.len() as u64,
        updated: jiff::Timestamp::UNIX_EPOCH,
        content_type: object.content_type.clone(),
        metadata: object.metadata.clone(),
    }
}

/// Whether a fault is ordered for this name; it is then used up.
fn due((end, count): &mut (String, usize), name: &ObjectName) -> bool {
    let due = *count > 0 && name.as_str().ends_with(end.as_str());
    *count -= usize::from(due);
    due
}

#[async_trait]
impl ObjectReader for MemoryStore {
    async fn read(&self, name: &ObjectName) -> Result<Option<Versioned<Bytes>>, StoreError> {
        let bucket = self.0.lock().unwrap();
        Ok(bucket
            .live
            .get(name)
            .map(|(generation, object)| Versioned { value: object.body.clone(), generation: *generation }))
    }

    async fn read_generation(&self, name: &ObjectName, generation: Generation) -> Result<Option<Bytes>, StoreError> {
        Ok(self.read(name).await?.filter(|found| found.generation == generation).map(|found| found.value))
    }

    async fn stat(&self, name: &ObjectName) -> Result<Option<ObjectMeta>, StoreError> {
        Ok(self.0.lock().unwrap().live.get(name).map(|stored| meta(name, stored)))
    }

    async fn list(&self, prefix: &str, _: Option<&PageToken>, _: usize) -> Result<Page<ObjectMeta>, StoreError> {
        let bucket = self.0.lock().unwrap();
        let under = bucket.live.iter().filter(|(name, _)| name.as_str().starts_with(prefix));
        Ok(Page { items: under.map(|(name, stored)| meta(name, stored)).collect(), next: None })
    }

    async fn generations(&self, name: &ObjectName) -> Result<Vec<ObjectMeta>, StoreError> {
        Ok(self.stat(name).await?.into_iter().collect())
    }
}

#[async_trait]
impl ObjectStore for MemoryStore {
    async fn write(&self, name: &ObjectName, object: NewObject, when: Precondition) -> Result<Generation, StoreError> {
        let mut bucket = self.0.lock().unwrap();
        if due(&mut bucket.refusals, name) {
            return Err(StoreError::Unusable { bucket: "memory".to_owned(), reason: "a test says so".to_owned() });
        }
        let live = bucket.live.get(name).map(|(generation, _)| *generation);
        let holds = match when {
            Precondition::Absent => live.is_none(),
            Precondition::Matches(expected) => live == Some(expected),
        };
        if !holds {
            return Err(StoreError::PreconditionFailed { name: name.clone() });
        }
        bucket.last += 1;
        let generation = Generation::new(bucket.last).unwrap();
        bucket.live.insert(name.clone(), (generation, object));
        if due(&mut bucket.lost_answers, name) {
            return Err(StoreError::Unavailable { reason: "the answer was lost".to_owned() });
        }
        Ok(generation)
    }

    async fn delete(&self, name: &ObjectName, when: Generation) -> Result<(), StoreError> {
        let mut bucket = self.0.lock().unwrap();
        if bucket.live.get(name).is_none_or(|(generation, _)| *generation != when) {
            return Err(StoreError::PreconditionFailed { name: name.clone() });
        }
        bucket.live.remove(name);
        Ok(())
    }
}
