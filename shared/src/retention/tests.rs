//! Visits over a bucket in memory: a round through a fleet, step by step, with time that moves only when a test says so.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::SignedDuration;

use super::{Pace, Pruned, Pruner};
use crate::clock::{Clock, OperationIds as _, RuntimeClock, UlidIds};
use crate::platform::Retention;
use crate::records::{
    Acquired, LeaseMark, Leases, Operation, OperationKind, Outcome, RecordName, RetentionRound, Status, Statuses,
};
use crate::store::document::write_json;
use crate::store::memory::MemoryStore;
use crate::store::{NewObject, ObjectName, ObjectReader as _, ObjectStore, Precondition};
use crate::tenant::TenantId;

const RETENTION: Retention = Retention { log_days: 2, audit_days: 4, graveyard_days: 3 };
const DAY: u64 = 86_400;

struct Archive {
    records: Arc<MemoryStore>,
    clock: Arc<dyn Clock>,
    ids: UlidIds,
    pace: Pace,
}

impl Archive {
    fn with(visits: usize) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(RuntimeClock::starting_at("2026-01-01T00:00:00Z".parse().unwrap()));
        let records = Arc::new(MemoryStore::new("records", Arc::clone(&clock)));
        Self { records, clock, ids: UlidIds::default(), pace: Pace { round: SignedDuration::from_hours(24), visits } }
    }

    fn pruner(&self) -> Pruner {
        Pruner::new(self.records.clone(), Arc::clone(&self.clock), RETENTION).at(self.pace)
    }

    async fn put(&self, name: &ObjectName) {
        let object = NewObject { body: Bytes::from_static(b"x"), ..NewObject::default() };
        self.records.write(name, object, Precondition::Absent).await.unwrap();
    }

    /// An operation that is done, with its log.
    async fn operation(&self, tenant: &TenantId) -> Operation {
        let now = self.clock.now();
        let mut operation = Operation::new(self.ids.next(now), tenant.clone(), OperationKind::Update, now);
        operation.outcome = Outcome::Succeeded;
        let name = RecordName::operation(tenant, operation.id);
        let none = std::collections::BTreeMap::new();
        write_json(self.records.as_ref(), &name, &operation, none, Precondition::Absent).await.unwrap();
        self.put(&RecordName::operation_log(tenant, operation.id)).await;
        operation
    }

    async fn days_later(&self, days: u64) {
        self.clock.sleep(Duration::from_secs(days * DAY)).await;
    }

    /// One sweep's part, over these tenants.
    async fn sweep(&self, fleet: &[TenantId], is_gone: bool) -> Pruned {
        let (pruner, now) = (self.pruner(), self.clock.now());
        let mut visits = pruner.visits(now).await;
        for tenant in fleet {
            let lease = self.records.stat(&RecordName::lease(tenant)).await.unwrap();
            visits.add(tenant, is_gone, lease.map(|lease| LeaseMark::of(&lease)));
        }
        pruner.prune(visits, now).await
    }

    async fn left(&self, prefix: &str) -> usize {
        self.records.list(prefix, None, 1000).await.unwrap().items.len()
    }
}

fn fleet(size: usize) -> Vec<TenantId> {
    // In the order of a listing.
    (0..size).map(|number| format!("tenant-{number:02}").parse().unwrap()).collect()
}

fn logs(visited: usize, logs: usize) -> Pruned {
    Pruned { visited, logs, ..Pruned::default() }
}

#[tokio::test(start_paused = true)]
async fn a_round_goes_through_the_fleet_a_part_with_each_sweep_and_rests_until_the_next_day() {
    let archive = Archive::with(10);
    let fleet = fleet(25);
    for tenant in &fleet {
        archive.operation(tenant).await;
    }
    assert_eq!(archive.sweep(&fleet, false).await, logs(10, 0), "nothing is old yet");
    archive.days_later(2).await;
    // The round goes on where it stopped; its day is over by then, and the next one begins.
    for expected in [logs(10, 10), logs(5, 5), logs(10, 10), logs(10, 0), logs(5, 0), logs(0, 0), logs(0, 0)] {
        assert_eq!(archive.sweep(&fleet, false).await, expected);
    }
    archive.days_later(1).await;
    assert_eq!(archive.sweep(&fleet, false).await, logs(10, 0));
    assert_eq!(archive.left("operations/").await, 25, "who did what is known for longer");
}

#[tokio::test(start_paused = true)]
async fn of_a_tenant_that_is_gone_everything_goes_each_in_its_time() {
    let archive = Archive::with(10);
    let gone = fleet(1);
    let operation = archive.operation(&gone[0]).await.id;
    for name in [
        RecordName::graveyard(&gone[0], operation),
        RecordName::graveyard_definition(&gone[0], operation),
        RecordName::graveyard_state(&gone[0], operation),
        RecordName::graveyard_export(&gone[0], operation),
    ] {
        archive.put(&name).await;
    }
    archive.days_later(1).await;
    assert_eq!(archive.sweep(&gone, true).await, logs(1, 0));
    archive.days_later(1).await;
    assert_eq!(archive.sweep(&gone, true).await, logs(1, 1));
    archive.days_later(1).await;
    assert_eq!(archive.sweep(&gone, true).await, Pruned { visited: 1, graveyard: 3, ..Pruned::default() });
    archive.days_later(1).await;
    assert_eq!(archive.sweep(&gone, true).await, Pruned { visited: 1, records: 1, ..Pruned::default() });
    archive.days_later(29).await;
    assert_eq!(archive.sweep(&gone, true).await, Pruned { visited: 1, graveyard: 1, ..Pruned::default() });
    assert_eq!((archive.left("operations/").await, archive.left("graveyard/").await), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn who_is_worked_on_and_who_is_there_again_is_left_alone() {
    let archive = Archive::with(10);
    let fleet = fleet(2);
    for tenant in &fleet {
        archive.operation(tenant).await;
    }
    archive.days_later(5).await;
    let term = Duration::from_mins(1);
    let leases = Leases::new(archive.records.clone(), Arc::clone(&archive.clock), "another".to_owned(), term);
    let held = leases.acquire(&RecordName::lease(&fleet[0]), archive.ids.next(archive.clock.now())).await.unwrap();
    assert!(matches!(held, Acquired::Mine(_)));
    // Seen as gone by the sweep, and there by the time of the visit.
    let status = Status::new(fleet[1].clone());
    Statuses::new(archive.records.clone()).write(&status, Precondition::Absent).await.unwrap();
    assert_eq!(archive.sweep(&fleet, true).await, logs(1, 0));
    // A lease that ran out leaves something to settle.
    archive.days_later(1).await;
    assert_eq!(archive.sweep(&fleet, false).await, logs(1, 1), "only the other one's");
}

#[tokio::test(start_paused = true)]
async fn two_sweeps_at_once_delete_each_object_once() {
    let archive = Archive::with(10);
    let fleet = fleet(5);
    for tenant in &fleet {
        archive.operation(tenant).await;
    }
    archive.days_later(2).await;
    let (one, other) = tokio::join!(archive.sweep(&fleet, false), archive.sweep(&fleet, false));
    assert_eq!(one.logs + other.logs, 5);
    let round = RetentionRound::read(archive.records.as_ref()).await.unwrap().unwrap().value;
    let now = archive.clock.now();
    assert_eq!(round, RetentionRound { began: now, swept: now, visited_to: None, log_days: 2 });
}

#[tokio::test(start_paused = true)]
async fn where_nobody_knows_how_far_it_came_nothing_goes() {
    let archive = Archive::with(10);
    let fleet = fleet(1);
    archive.operation(&fleet[0]).await;
    archive.days_later(5).await;
    archive.put(&RecordName::retention()).await;
    assert_eq!(archive.sweep(&fleet, true).await, logs(0, 0));
}
