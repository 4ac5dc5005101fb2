//! A bucket as one process sees it: calls take time, fail before or after they took effect, and are witnessed.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Value, json};
use tenancy::store::memory::MemoryStore;
use tenancy::store::{
    Generation, NewObject, ObjectMeta, ObjectName, ObjectReader, ObjectStore, Page, PageToken, Precondition,
    StoreError, Versioned,
};

use crate::gates::ProcessId;
use crate::world::{Broken, World};

/// Which of the two buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl SimulatedBucket {
    /// The request is on its way; it may never arrive.
    async fn request(&self, verb: &str, name: &str) -> Result<(), StoreError> {
        self.world.gate(self.process).await;
        let mut world = self.world.lock();
        world.tell(format_args!("{:?} {verb} {name}", self.process));
        let before = world.faults.before;
        if world.fault(before) { Err(unavailable("before")) } else { Ok(()) }
    }

    /// The answer is on its way; it may never arrive.
    async fn answer<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        self.world.gate(self.process).await;
        let mut world = self.world.lock();
        let after = world.faults.after;
        if world.fault(after) { Err(unavailable("after")) } else { done }
    }

    async fn live(&self, name: &ObjectName) -> Option<Versioned<Bytes>> {
        self.objects.read(name).await.ok().flatten()
    }

    /// What the caller's precondition becomes where the check of generations is broken.
    async fn weakened(&self, name: &ObjectName, when: Precondition) -> Precondition {
        let broken = self.world.lock().broken == Broken::Generation;
        if !broken || self.which != Which::Definitions {
            return when;
        }
        self.live(name).await.map_or(Precondition::Absent, |live| Precondition::Matches(live.generation))
    }
}

fn unavailable(moment: &str) -> StoreError {
    StoreError::Unavailable { reason: format!("simulated, {moment} it took effect") }
}

/// What a process reads where a safeguard is broken.
fn tampered(broken: Broken, name: &ObjectName, body: Bytes) -> Bytes {
    let long_ago = json!("1970-01-01T00:00:00Z");
    let (folder, pointer) = match broken {
        Broken::Lease => ("leases/", "/holder/expires"),
        Broken::Tombstone => ("status/", "/tombstone/destroyAfter"),
        Broken::Nothing | Broken::Fence | Broken::Generation => return body,
    };
    if !name.as_str().starts_with(folder) {
        return body;
    }
    let Ok(mut document) = serde_json::from_slice::<Value>(&body) else { return body };
    if let Some(time) = document.pointer_mut(pointer) {
        *time = long_ago;
    }
    document.to_string().into()
}

#[async_trait]
impl ObjectReader for SimulatedBucket {
    async fn read(&self, name: &ObjectName) -> Result<Option<Versioned<Bytes>>, StoreError> {
        self.request("reads", name.as_str()).await?;
        let broken = self.world.lock().broken;
        let found = self.objects.read(name).await?;
        Ok(found.map(|found| found.map(|body| tampered(broken, name, body))))
    }

    async fn read_generation(&self, name: &ObjectName, generation: Generation) -> Result<Option<Bytes>, StoreError> {
        self.request("reads a generation of", name.as_str()).await?;
        self.objects.read_generation(name, generation).await
    }

    async fn stat(&self, name: &ObjectName) -> Result<Option<ObjectMeta>, StoreError> {
        self.request("looks at", name.as_str()).await?;
        self.objects.stat(name).await
    }

    async fn list(&self, prefix: &str, page: Option<&PageToken>, limit: usize) -> Result<Page<ObjectMeta>, StoreError> {
        self.request("lists", prefix).await?;
        // Small pages: a listing is never one moment's, not even one tenant's.
        self.objects.list(prefix, page, limit.min(1)).await
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
        let when = self.weakened(name, when).await;
        let before = self.live(name).await.map(|live| live.value);
        let body = object.body.clone();
        let written = self.objects.write(name, object, when).await;
        if let Ok(generation) = written {
            self.world.lock().written(self.which, name, before.as_ref(), &body, generation);
        }
        self.answer(written).await
    }

    async fn delete(&self, name: &ObjectName, when: Generation) -> Result<(), StoreError> {
        self.request("deletes", name.as_str()).await?;
        let when = match self.weakened(name, Precondition::Matches(when)).await {
            Precondition::Matches(generation) => generation,
            Precondition::Absent => when,
        };
        let before = self.live(name).await;
        let deleted = self.objects.delete(name, when).await;
        if let (Ok(()), Some(before)) = (&deleted, before) {
            self.world.lock().deleted(self.which, name, &before);
        }
        self.answer(deleted).await
    }
}
