//! A bucket as one process sees it: calls take time, fail before or after they took effect, and are witnessed.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::TryStreamExt as _;
use tenancy::store::listing::every;
use tenancy::store::memory::MemoryStore;
use tenancy::store::{
    Generation, NewObject, ObjectMeta, ObjectName, ObjectReader, ObjectStore, Page, PageToken, Precondition,
    StoreError, Versioned,
};

use crate::behind;
use crate::gates::ProcessId;
use crate::tally::Happening;
use crate::world::World;

/// Which of the two buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Which {
    Definitions,
    Records,
}

/// One process's way to a bucket.
#[derive(Clone)]
pub(crate) struct SimulatedBucket {
    pub(crate) world: Arc<World>,
    pub(crate) process: ProcessId,
    pub(crate) which: Which,
    pub(crate) objects: Arc<MemoryStore>,
}

/// What is there before a write.
struct Live {
    meta: Option<ObjectMeta>,
    body: Option<Versioned<Bytes>>,
}

impl Live {
    fn precondition(&self) -> Precondition {
        self.meta.as_ref().map_or(Precondition::Absent, |meta| Precondition::Matches(meta.generation))
    }
}

impl SimulatedBucket {
    /// The request is on its way; it may never arrive.
    async fn request(&self, verb: &str, name: &str) -> Result<(), StoreError> {
        self.world.gate(self.process).await;
        let mut world = self.world.lock();
        world.tell(format_args!("{} {verb} {name}", self.process));
        let chance = world.faults.before;
        if world.fault(Happening::NotArrived, chance) { Err(unavailable("before")) } else { Ok(()) }
    }

    /// The answer is on its way; it may never arrive.
    async fn answer<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        self.world.gate(self.process).await;
        let mut world = self.world.lock();
        let chance = world.faults.after;
        if world.fault(Happening::AnswerLost, chance) { Err(unavailable("after")) } else { done }
    }

    async fn live(&self, name: &ObjectName) -> Result<Live, StoreError> {
        Ok(Live { meta: self.objects.stat(name).await?, body: self.objects.read(name).await? })
    }
}

fn unavailable(moment: &str) -> StoreError {
    StoreError::Unavailable { reason: format!("simulated, {moment} it took effect") }
}

#[async_trait]
impl ObjectReader for SimulatedBucket {
    async fn read(&self, name: &ObjectName) -> Result<Option<Versioned<Bytes>>, StoreError> {
        self.request("reads", name.as_str()).await?;
        let broken = self.world.lock().broken;
        let found = self.objects.read(name).await?;
        Ok(found.map(|found| found.map(|body| broken.read(name, body))))
    }

    async fn read_generation(&self, name: &ObjectName, generation: Generation) -> Result<Option<Bytes>, StoreError> {
        self.request("reads a generation of", name.as_str()).await?;
        self.objects.read_generation(name, generation).await
    }

    async fn stat(&self, name: &ObjectName) -> Result<Option<ObjectMeta>, StoreError> {
        self.request("looks at", name.as_str()).await?;
        self.objects.stat(name).await
    }

    async fn list(&self, prefix: &str, after: Option<&PageToken>, _: usize) -> Result<Page<ObjectMeta>, StoreError> {
        self.request("lists", prefix).await?;
        let live = every(self.objects.clone(), prefix).try_collect().await?;
        Ok(behind::page(self.world.lock().shown(self.which, prefix, live), after))
    }

    async fn generations(&self, name: &ObjectName) -> Result<Vec<ObjectMeta>, StoreError> {
        self.request("lists generations of", name.as_str()).await?;
        self.objects.generations(name).await
    }
}

#[async_trait]
impl ObjectStore for SimulatedBucket {
    async fn write(&self, name: &ObjectName, object: NewObject, when: Precondition) -> Result<Generation, StoreError> {
        self.request("writes", name.as_str()).await?;
        let live = self.live(name).await?;
        let when = self.world.lock().broken.precondition(self.which, when, live.precondition());
        let body = object.body.clone();
        let written = self.objects.write(name, object, when).await;
        if let Ok(generation) = written {
            let mut world = self.world.lock();
            world.changes(self.which, name, live.meta);
            world.written(self.which, name, live.body.as_ref().map(|live| &live.value), &body, generation);
        }
        self.answer(written).await
    }

    async fn delete(&self, name: &ObjectName, when: Generation) -> Result<(), StoreError> {
        self.request("deletes", name.as_str()).await?;
        let live = self.live(name).await?;
        let broken = self.world.lock().broken;
        let when = match broken.precondition(self.which, Precondition::Matches(when), live.precondition()) {
            Precondition::Matches(generation) => generation,
            Precondition::Absent => when,
        };
        let deleted = self.objects.delete(name, when).await;
        if let (Ok(()), Some(before)) = (&deleted, live.body) {
            let mut world = self.world.lock();
            world.changes(self.which, name, live.meta);
            world.deleted(self.which, name, &before);
        }
        self.answer(deleted).await
    }
}
