//! How often a request asks the stores, one call after the other: what a caller waits for beside the run itself.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use tokio::time::{Instant, sleep};

use super::*;
use crate::store::{Generation, ObjectMeta, ObjectName, Page, PageToken, StoreError, Versioned};

/// Long against everything else that happens in memory.
pub(super) const CALL: Duration = Duration::from_millis(10);

/// A bucket whose every call takes the same time, but for one that may be late.
pub(super) struct Slow {
    bucket: Arc<MemoryStore>,
    calls: AtomicUsize,
    late: Option<usize>,
}

impl Slow {
    /// No call is late.
    pub(super) fn over(bucket: &Arc<MemoryStore>) -> Arc<Self> {
        Arc::new(Self { bucket: Arc::clone(bucket), calls: AtomicUsize::new(0), late: None })
    }

    /// The call of this number, from 0, takes ten times as long.
    pub(super) fn late_at(bucket: &Arc<MemoryStore>, call: usize) -> Arc<Self> {
        Arc::new(Self { bucket: Arc::clone(bucket), calls: AtomicUsize::new(0), late: Some(call) })
    }

    async fn answering(&self) -> &MemoryStore {
        let late = self.late == Some(self.calls.fetch_add(1, Ordering::Relaxed));
        sleep(if late { CALL * 10 } else { CALL }).await;
        &self.bucket
    }
}

#[async_trait]
impl ObjectReader for Slow {
    async fn read(&self, name: &ObjectName) -> Result<Option<Versioned<Bytes>>, StoreError> {
        self.answering().await.read(name).await
    }

    async fn read_generation(&self, name: &ObjectName, generation: Generation) -> Result<Option<Bytes>, StoreError> {
        self.answering().await.read_generation(name, generation).await
    }

    async fn stat(&self, name: &ObjectName) -> Result<Option<ObjectMeta>, StoreError> {
        self.answering().await.stat(name).await
    }

    async fn list(&self, prefix: &str, page: Option<&PageToken>, limit: usize) -> Result<Page<ObjectMeta>, StoreError> {
        self.answering().await.list(prefix, page, limit).await
    }

    async fn generations(&self, name: &ObjectName) -> Result<Vec<ObjectMeta>, StoreError> {
        self.answering().await.generations(name).await
    }
}

#[async_trait]
impl ObjectStore for Slow {
    async fn write(&self, name: &ObjectName, object: NewObject, when: Precondition) -> Result<Generation, StoreError> {
        self.answering().await.write(name, object, when).await
    }

    async fn delete(&self, name: &ObjectName, when: Generation) -> Result<(), StoreError> {
        self.answering().await.delete(name, when).await
    }
}

async fn calls_in_a_row<T>(request: impl Future<Output = T>) -> (T, u128) {
    let began = Instant::now();
    let answer = request.await;
    (answer, began.elapsed().as_millis() / CALL.as_millis())
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_for_few_calls_in_a_row() {
    let world = World::new();
    let (definitions, records) = (Slow::over(&world.definitions), Slow::over(&world.records));
    let reconciler = Reconciler::new(world.ports_over("slow", definitions, records));
    let commands = Commands::new(reconciler, Arc::new(world.queue.clone()));
    let (caller, acme) = (caller(), tenant("acme"));
    let of = |most: u32| submission(&definition("acme", &format!("runtime: {{scaling: {{maxInstances: {most}}}}}")));
    let update = |most| commands.update(&caller, &acme, of(most), IfMatch::Any, Wait::ForResult);

    let (made, create) = calls_in_a_row(Box::pin(commands.create(&caller, of(2), Wait::ForResult))).await;
    assert!(made.unwrap().finished);
    let (changed, changing) = calls_in_a_row(Box::pin(update(3))).await;
    assert!(changed.unwrap().finished);
    let (same, nothing) = calls_in_a_row(Box::pin(update(3))).await;
    assert!(same.unwrap().finished);
    assert_eq!([create, changing, nothing], [17, 16, 4]);
}
