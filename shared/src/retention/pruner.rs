//! Visits tenants and deletes what was kept long enough, each object in the generation that was listed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::choose::{Listed, OfOperation, OldEnough, not_needed, was_kept_long_enough};
use super::visits::{ROUND, Visit, Visits, is_quiet};
use crate::clock::Clock;
use crate::platform::Retention;
use crate::records::{Belonging, Journal, LeaseMark, RecordName, RetentionRound, Status, Statuses};
use crate::store::document::delete_surely;
use crate::store::listing::every;
use crate::store::{ObjectReader, ObjectStore, Precondition, StoreError};
use crate::tenant::TenantId;

/// Objects that one visit takes at most: a tenant with more of them is visited again in the next round.
const MOST_OF_ONE: usize = 1_000;
/// No more visits in a sweep that has deleted so many objects.
const MOST_OF_ALL: usize = 10_000;
/// Visits at once, and calls to the store at once within each.
const AT_ONCE: usize = 8;

/// How fast the fleet is gone through.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// A round does not begin sooner after the last one's beginning.
    pub round: SignedDuration,
    /// Visits in one sweep at most.
    pub visits: usize,
}

impl Default for Pace {
    /// A round a day. With a sweep every five minutes, the visits are enough for 144,000 tenants.
    fn default() -> Self {
        Self { round: ROUND, visits: 500 }
    }
}

/// What went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pruned {
    /// Tenants that were visited.
    pub visited: usize,
    /// Logs of operations.
    pub logs: usize,
    /// Variables that operations ran with.
    pub variables: usize,
    /// States that operations could not save.
    pub errored_states: usize,
    /// Records of operations.
    pub records: usize,
    /// Objects that were kept of deleted tenants.
    pub graveyard: usize,
}

impl Pruned {
    fn count(&mut self, belonging: Belonging) {
        *match belonging {
            Belonging::Record => &mut self.records,
            Belonging::Log => &mut self.logs,
            Belonging::Variables => &mut self.variables,
            Belonging::ErroredState => &mut self.errored_states,
        } += 1;
    }

    fn add(&mut self, other: Self) {
        self.visited += other.visited;
        self.logs += other.logs;
        self.variables += other.variables;
        self.errored_states += other.errored_states;
        self.records += other.records;
        self.graveyard += other.graveyard;
    }

    /// Objects, of whatever kind.
    pub const fn objects(&self) -> usize {
        self.logs + self.variables + self.errored_states + self.records + self.graveyard
    }
}

/// Deletes what was kept long enough.
#[derive(Clone)]
pub struct Pruner {
    records: Arc<dyn ObjectStore>,
    statuses: Statuses,
    journal: Journal,
    retention: Retention,
    pace: Pace,
}

impl Pruner {
    /// Over the records bucket, at the usual pace.
    pub fn new(records: Arc<dyn ObjectStore>, clock: Arc<dyn Clock>, retention: Retention) -> Self {
        let (statuses, journal) = (Statuses::new(Arc::clone(&records)), Journal::new(Arc::clone(&records), clock));
        Self { records, statuses, journal, retention, pace: Pace::default() }
    }

    /// At another pace.
    #[must_use]
    pub fn at(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Whom a sweep will visit: it adds the tenants as it sees them. Where nobody knows how far the last one came, nobody.
    pub(crate) async fn visits(&self, now: Timestamp) -> Visits {
        match RetentionRound::read(self.records.as_ref()).await {
            Ok(last) => Visits::after(last.map(|last| last.value).as_ref(), now, self.pace),
            Err(error) => {
                tracing::warn!(%error, "how far the last sweep came with what was kept long enough cannot be read");
                Visits::none(now)
            }
        }
    }

    /// Makes the visits, and writes down how far it came. What could not be looked at or deleted waits for the next round.
    pub(crate) async fn prune(&self, visits: Visits, now: Timestamp) -> Pruned {
        let mut pruned = Pruned::default();
        if visits.are_none() {
            return pruned;
        }
        let (began, mut cut_short) = (visits.began, visits.cut_short);
        let (asked, deleted) = (visits.chosen.len(), AtomicUsize::new(0));
        let in_reach = |_: &Visit| std::future::ready(deleted.load(Ordering::Relaxed) < MOST_OF_ALL);
        let visit = |visit: Visit| async {
            let (went, failed) = self.visit(&visit, now).await;
            if let Some(error) = failed {
                tracing::warn!(tenant = %visit.tenant, %error, "what was kept long enough is looked for another time");
            }
            deleted.fetch_add(went.objects(), Ordering::Relaxed);
            (visit.tenant, went)
        };
        let mut visited = stream::iter(visits.chosen).take_while(in_reach).map(visit).buffered(AT_ONCE);
        let mut last = None;
        while let Some((tenant, went)) = visited.next().await {
            pruned.add(went);
            last = Some(tenant);
        }
        cut_short |= pruned.visited < asked;
        let visited_to = last.filter(|_| cut_short);
        self.write_down(RetentionRound { began, swept: now, visited_to, log_days: self.retention.log_days }).await;
        pruned
    }

    async fn write_down(&self, round: RetentionRound) {
        let written = async {
            let when = match RetentionRound::read(self.records.as_ref()).await? {
                // A later sweep's word stands.
                Some(old) if old.value.swept > round.swept => return Ok(()),
                Some(old) => Precondition::Matches(old.generation),
                None => Precondition::Absent,
            };
            round.write(self.records.as_ref(), when).await
        };
        let written: Result<(), StoreError> = written.await;
        if let Err(error) = written {
            tracing::warn!(%error, "how far a sweep came with what was kept long enough cannot be written down");
        }
    }

    /// What went, also where not everything could be looked at or deleted.
    async fn visit(&self, visit: &Visit, now: Timestamp) -> (Pruned, Option<StoreError>) {
        let mut pruned = Pruned { visited: 1, ..Pruned::default() };
        let failed = self.prune_tenant(visit, now, &mut pruned).await.err();
        (pruned, failed)
    }

    async fn prune_tenant(&self, visit: &Visit, now: Timestamp, pruned: &mut Pruned) -> Result<(), StoreError> {
        let tenant = &visit.tenant;
        let (operations, buried) = tokio::try_join!(self.old_operations(visit, now), self.old_graves(tenant, now))?;
        if operations.is_empty() && buried.is_empty() {
            return Ok(());
        }
        // By now somebody may work there, or the tenant may be there again.
        let lease = self.records.stat(&RecordName::lease(tenant)).await?;
        if lease.is_some_and(|lease| !is_quiet(LeaseMark::of(&lease), now)) {
            return Ok(());
        }
        let status = self.statuses.read(tenant).await?.map(|status| status.value);
        if visit.is_gone && status.is_some() {
            return Ok(());
        }
        for old_enough in operations {
            for (belonging, listed) in self.not_needed(tenant, old_enough, status.as_ref()).await? {
                if self.delete(listed).await? {
                    pruned.count(belonging);
                }
            }
        }
        let mut deleted = stream::iter(buried).map(|listed| self.delete(listed)).buffer_unordered(AT_ONCE);
        while let Some(went) = deleted.try_next().await? {
            pruned.graveyard += usize::from(went);
        }
        Ok(())
    }

    async fn not_needed(
        &self,
        tenant: &TenantId,
        old_enough: OfOperation,
        status: Option<&Status>,
    ) -> Result<Vec<(Belonging, Listed)>, StoreError> {
        let entry = self.journal.find(tenant, old_enough.id).await?;
        Ok(not_needed(old_enough, entry.map(|entry| entry.operation.outcome), status))
    }

    async fn old_operations(&self, visit: &Visit, now: Timestamp) -> Result<Vec<OfOperation>, StoreError> {
        let reader: Arc<dyn ObjectReader> = self.records.clone();
        let mut listed = std::pin::pin!(every(reader, &RecordName::operations_prefix(&visit.tenant)));
        let mut old_enough = OldEnough::of(now, self.retention, visit.is_gone);
        let mut operation: Option<OfOperation> = None;
        while let Some(meta) = listed.try_next().await? {
            let Some((id, belonging)) = RecordName::belonging(&visit.tenant, &meta.name) else { continue };
            let object = (belonging, Listed::from(meta));
            match &mut operation {
                Some(same) if same.id == id => same.objects.push(object),
                other => {
                    if let Some(whole) = other.replace(OfOperation { id, objects: vec![object] }) {
                        old_enough.add(whole);
                    }
                }
            }
            if old_enough.objects() >= MOST_OF_ONE {
                return Ok(old_enough.so_far());
            }
        }
        if let Some(last) = operation {
            old_enough.add(last);
        }
        Ok(old_enough.end())
    }

    async fn old_graves(&self, tenant: &TenantId, now: Timestamp) -> Result<Vec<Listed>, StoreError> {
        let reader: Arc<dyn ObjectReader> = self.records.clone();
        let mut listed = std::pin::pin!(every(reader, &RecordName::graveyard_prefix(tenant)));
        let mut old = Vec::new();
        while let Some(meta) = listed.try_next().await? {
            let export = RecordName::is_graveyard_export(&meta.name);
            let listed = Listed::from(meta);
            if was_kept_long_enough(&listed, export, &self.retention, now) {
                old.push(listed);
            }
            if old.len() >= MOST_OF_ONE {
                break;
            }
        }
        Ok(old)
    }

    /// Whether this call deleted it. What somebody wrote or deleted meanwhile is theirs.
    async fn delete(&self, Listed { name, generation, .. }: Listed) -> Result<bool, StoreError> {
        match delete_surely(self.records.as_ref(), &name, generation).await {
            Ok(()) => Ok(true),
            Err(StoreError::PreconditionFailed { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
