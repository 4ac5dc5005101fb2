//! Sweeps over in-memory buckets: what is found, in which order, and what it costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;

use super::super::tests::{World, definition, tenant};
use super::*;
use crate::records::{Phase, Status};
use crate::store::memory::MemoryStore;
use crate::store::{
    Generation, ObjectMeta, ObjectName, ObjectStore as _, Page, PageToken, Precondition, StoreError, Versioned,
};

/// Passes everything on, counts, and fails the listing of one page.
struct Watched {
    bucket: Arc<MemoryStore>,
    listings: AtomicUsize,
    reads: AtomicUsize,
    fails_at: Option<usize>,
}

impl Watched {
    fn over(bucket: &Arc<MemoryStore>, fails_at: Option<usize>) -> Arc<Self> {
        Arc::new(Self {
            bucket: Arc::clone(bucket),
            listings: AtomicUsize::new(0),
            reads: AtomicUsize::new(0),
            fails_at,
        })
    }
}

#[async_trait]
impl ObjectReader for Watched {
    async fn read(&self, name: &ObjectName) -> Result<Option<Versioned<Bytes>>, StoreError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.bucket.read(name).await
    }

    async fn read_generation(&self, name: &ObjectName, generation: Generation) -> Result<Option<Bytes>, StoreError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.bucket.read_generation(name, generation).await
    }

    async fn stat(&self, name: &ObjectName) -> Result<Option<ObjectMeta>, StoreError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.bucket.stat(name).await
    }

    async fn list(&self, prefix: &str, page: Option<&PageToken>, limit: usize) -> Result<Page<ObjectMeta>, StoreError> {
        if self.fails_at == Some(self.listings.fetch_add(1, Ordering::Relaxed)) {
            return Err(StoreError::Unavailable { reason: "the listing broke off".to_owned() });
        }
        self.bucket.list(prefix, page, limit).await
    }

    async fn generations(&self, name: &ObjectName) -> Result<Vec<ObjectMeta>, StoreError> {
        self.bucket.generations(name).await
    }
}

impl World {
    fn sweeper_over(&self, definitions: Arc<Watched>, records: Arc<Watched>) -> Sweeper {
        Sweeper { definitions: Definitions::new(definitions), records, ..self.sweeper.clone() }
    }

    /// Tenants as they were defined, without a run for each.
    async fn settled(&self, ids: impl IntoIterator<Item = String>) {
        let statuses = &self.reconciler.ports().statuses;
        for id in ids {
            self.upload(&id, &definition(&id, "")).await;
            let name = crate::records::DefinitionObject::of(&tenant(&id), crate::tenant::Format::Yaml).name;
            let mut status = Status::new(tenant(&id));
            status.phase = Phase::Ready;
            status.observed_generation = self.definitions.stat(&name).await.unwrap().map(|meta| meta.generation);
            status.drift = Some(crate::records::DriftRecord { checked: self.clock.now(), ..Default::default() });
            statuses.write(&status, Precondition::Absent).await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_quiet_fleet_costs_its_listings_and_nothing_else() {
    let world = World::new();
    world.settled((0..2_500).map(|number| format!("tenant-{number}"))).await;
    let (definitions, records) = (Watched::over(&world.definitions, None), Watched::over(&world.records, None));
    let report = world.sweeper_over(definitions.clone(), records.clone()).sweep().await.unwrap();
    assert_eq!((report.definitions, report.tenants, report.vanished), (2_500, 2_500, 0));
    assert_eq!((report.behind.len(), world.queue.len()), (0, 0));
    // Records are listed twice: statuses, and leases, of which there are none yet.
    for (bucket, listings) in [(definitions, 3), (records, 3 + 1)] {
        assert_eq!(bucket.listings.load(Ordering::Relaxed), listings, "a listing a thousand");
        assert_eq!(bucket.reads.load(Ordering::Relaxed), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn ids_that_sort_otherwise_than_their_objects_are_the_same_tenants() {
    let world = World::new();
    let ids = ["acme", "acme-shop", "acme-shop-2", "acme1", "acmes", "ac-me", "ac1-me"];
    world.settled(ids.map(str::to_owned)).await;
    let report = world.sweeper.sweep().await.unwrap();
    assert_eq!((report.definitions, report.tenants, report.vanished), (7, 7, 0));
    assert_eq!(report.due, []);
    world.remove("acme-shop").await;
    let second = ObjectName::new("tenants/acme.json").unwrap();
    let object = crate::store::NewObject::default();
    world.definitions.write(&second, object, Precondition::Absent).await.unwrap();
    let report = world.sweeper.sweep().await.unwrap();
    assert_eq!((report.definitions, report.tenants, report.vanished), (6, 7, 1));
    assert_eq!(report.due, [(tenant("acme-shop"), Due::Vanished), (tenant("acme"), Due::Changed)]);
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_breaks_off_concludes_nothing() {
    let world = World::new();
    world.settled((0..2_500).map(|number| format!("tenant-{number}"))).await;
    world.sweeper.sweep().await.unwrap();
    let counted = world.records.read(&crate::records::RecordName::breaker()).await.unwrap();
    let (definitions, records) = (Watched::over(&world.definitions, Some(1)), Watched::over(&world.records, None));
    assert!(world.sweeper_over(definitions, records).sweep().await.is_err());
    assert_eq!(
        world.records.read(&crate::records::RecordName::breaker()).await.unwrap(),
        counted,
        "the breaker's count stands"
    );
    assert_eq!(world.queue.len(), 0, "no tenant of the missing pages was taken for vanished");
}

#[tokio::test(start_paused = true)]
async fn what_people_changed_is_handed_on_before_drift_checks_and_no_more_of_those_than_a_round_holds() {
    let platform = format!("{}drift: {{checksPerSweep: 3}}\n", super::super::tests::PLATFORM);
    let world = World::with_platform(&platform);
    world.settled((0..10).map(|number| format!("tenant-{number}"))).await;
    world.later(2 * 86_400).await;
    world.upload("tenant-7", &definition("tenant-7", "suspend: true")).await;
    let report = world.sweeper.sweep().await.unwrap();
    assert_eq!(report.behind, BTreeMap::from([(Due::Changed, 1), (Due::DriftCheck, 9)]));
    assert_eq!(report.due[0], (tenant("tenant-7"), Due::Changed));
    assert_eq!((report.due.len(), report.postponed), (4, 6));
}
