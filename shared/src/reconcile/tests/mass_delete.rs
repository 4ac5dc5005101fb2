//! Definitions that are gone by the thousand, or only seem to be: nothing is destroyed, and what is held says what to do.

use super::*;
use crate::records::ConditionKind;
use crate::store::faulty::{Call, Fault};

/// A control plane's sweep and reconcile that look for definitions in this bucket.
struct Astray {
    sweeper: Sweeper,
    reconciler: Reconciler,
}

impl World {
    async fn fleet(size: usize) -> Self {
        let world = Self::new();
        for id in ids(size) {
            world.upload(&id, &definition(&id, "")).await;
            world.reconcile(&id).await.unwrap();
        }
        world
    }

    fn looking_into(&self, definitions: Arc<dyn ObjectStore>) -> Astray {
        let ports = self.ports_over("astray", Arc::clone(&definitions), self.records.clone());
        let nowhere = PluginLists::new(Arc::new(MemoryBuckets::new(&self.clock)));
        let sweeper = Sweeper::new(
            definitions,
            self.records.clone(),
            nowhere,
            Arc::new(self.queue.clone()),
            Arc::clone(&self.clock),
            Arc::clone(&ports.platform),
        );
        Astray { sweeper, reconciler: Reconciler::new(ports) }
    }

    /// Days go by, each with two sweeps and what they handed out.
    async fn days_pass(&self, sweeper: &Sweeper, reconciler: &Reconciler) {
        for _ in 0..6 {
            sweeper.sweep().await.unwrap();
            self.work_off_by(reconciler).await;
            self.later(43_300).await;
        }
    }

    fn assert_whole(&self, size: usize, runs: usize) {
        assert_eq!(self.provisioner.runs(), runs, "not one run that could destroy");
        for id in ids(size) {
            assert_eq!(self.provisioner.resources(&tenant(&id)).len(), 2, "{id}");
        }
    }

    /// Whether a tenant is held, and says how it can be put right.
    async fn assert_held(&self, id: &str) {
        let status = self.status(id).await.unwrap();
        assert_eq!(status.phase, Phase::Held, "{id}");
        let digest = status.tombstone.as_ref().unwrap().digest(&tenant(id)).to_string();
        let held = status.conditions.get(ConditionKind::Held).unwrap();
        for part in ["Put the definition back", "the right one", "earlier versions", &format!("approve {digest}")] {
            assert!(held.message.contains(part), "{}", held.message);
        }
    }
}

fn ids(size: usize) -> impl Iterator<Item = String> {
    (0..size).map(|number| format!("tenant-{number}"))
}

#[tokio::test(start_paused = true)]
async fn a_thousand_removed_at_once_are_all_held_and_come_back_as_they_were() {
    let (size, removed) = (1_100, 1_000);
    let world = World::fleet(size).await;
    let runs = world.provisioner.runs();
    for id in ids(removed) {
        world.remove(&id).await;
    }
    world.days_pass(&world.sweeper, &world.reconciler).await;
    for id in ids(removed) {
        world.assert_held(&id).await;
    }
    assert!(world.sweeper.sweep().await.unwrap().deletions_held);
    world.assert_whole(size, runs);
    for id in ids(removed) {
        world.upload(&id, &definition(&id, "")).await;
    }
    world.sweeper.sweep().await.unwrap();
    world.work_off().await;
    for id in ids(size) {
        assert_eq!(world.phase(&id).await, Some(Phase::Ready), "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_bucket_destroys_nobody() {
    let world = World::fleet(40).await;
    let runs = world.provisioner.runs();
    let empty = Arc::new(MemoryStore::new("empty", Arc::clone(&world.clock)));
    let Astray { sweeper, reconciler } = world.looking_into(empty);
    world.days_pass(&sweeper, &reconciler).await;
    for id in ids(40) {
        world.assert_held(&id).await;
    }
    world.assert_whole(40, runs);

    // That of another platform, whose tenants are made beside.
    let others = Arc::new(MemoryStore::new("others", Arc::clone(&world.clock)));
    for number in 0..40 {
        let (id, format) = (format!("other-{number}"), Format::Yaml);
        let object = NewObject { body: Bytes::from(definition(&id, "")), ..NewObject::default() };
        others.write(&DefinitionObject::of(&tenant(&id), format).name, object, Precondition::Absent).await.unwrap();
    }
    let Astray { sweeper, reconciler } = world.looking_into(others);
    world.days_pass(&sweeper, &reconciler).await;
    world.assert_whole(40, runs + 40);

    // The right one again: as if nothing had been.
    world.sweeper.sweep().await.unwrap();
    world.work_off().await;
    for id in ids(40) {
        assert_eq!(world.phase(&id).await, Some(Phase::Ready), "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_function_that_looks_into_another_bucket_destroys_nobody() {
    let world = World::fleet(40).await;
    let runs = world.provisioner.runs();
    let empty = Arc::new(MemoryStore::new("empty", Arc::clone(&world.clock)));
    let Astray { sweeper, reconciler } = world.looking_into(empty);
    world.days_pass(&world.sweeper, &reconciler).await;
    world.assert_held("tenant-3").await;
    world.assert_whole(40, runs);
    // The other way round the sweep hands out what the others see is there.
    world.days_pass(&sweeper, &world.reconciler).await;
    world.assert_whole(40, runs);
    assert_eq!(world.phase("tenant-3").await, Some(Phase::Ready));
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_comes_back_empty_or_breaks_off_destroys_nobody() {
    let mischief = Mischief::default();
    let world = World::new();
    let faulty = Arc::new(FaultyStore::new("definitions", world.definitions.clone(), mischief.clone()));
    let Astray { sweeper, .. } = world.looking_into(faulty);
    sweeper.sweep().await.unwrap();
    for id in ids(40) {
        world.upload(&id, &definition(&id, "")).await;
        world.reconcile(&id).await.unwrap();
    }
    let runs = world.provisioner.runs();
    for _ in 0..3 {
        world.later(3_600).await;
        // As it was answered before the first tenant.
        mischief.next(Call::List, "tenants/", Fault::Stale);
        let report = sweeper.sweep().await.unwrap();
        assert_eq!((report.definitions, report.vanished, report.deletions_held), (0, 40, true));
        world.work_off().await;
        mischief.next(Call::List, "tenants/", Fault::Refused);
        assert!(matches!(sweeper.sweep().await, Err(CommandError::Store(_))));
        world.work_off().await;
    }
    world.assert_whole(40, runs);
    for id in ids(40) {
        assert_eq!(world.phase(&id).await, Some(Phase::Ready), "{id}");
    }
}
