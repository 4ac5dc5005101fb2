//! The sweep: two listings side by side over the whole fleet, and a task for every tenant that is behind. Heals lost
//! events, interrupted work, due retries, due tombstones and due drift checks, whatever lost them.

use std::cmp::Ordering;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::breaker::{Breaker, FleetCount, too_many};
use crate::clock::Clock;
use crate::platform::Platform;
use crate::records::{Definitions, Leases, Phase, RecordName, StatusSummary, Statuses};
use crate::store::{Generation, ObjectReader, PageToken};
use crate::signals;
use crate::tasks::{Priority, Task, Tasks};
use crate::tenant::TenantId;
use crate::tenants::CommandError;

/// Why a tenant is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Due {
    /// Its definition is newer than what was decided on.
    Changed,
    /// Its definition vanished.
    Vanished,
    /// A deletion was asked for and is not done.
    Deletion,
    /// A run's process died.
    Interrupted,
    /// A failed apply is due again.
    Retry,
    /// Its tombstone's time has come.
    Tombstone,
    /// A drift check is due.
    DriftCheck,
}

impl Due {
    const fn priority(self) -> Priority {
        match self {
            Self::Changed | Self::Vanished | Self::Deletion | Self::Interrupted => Priority::Change,
            Self::Retry | Self::Tombstone | Self::DriftCheck => Priority::Upkeep,
        }
    }
}

/// Whether a tenant is behind: a pure reading of what two listings say. `Interrupted` is a suspicion; the tenant's lease
/// tells.
pub fn due(
    definition: Option<Generation>,
    summary: Option<&StatusSummary>,
    now: Timestamp,
    platform: &Platform,
) -> Option<Due> {
    let Some(summary) = summary else { return definition.map(|_| Due::Changed) };
    let waits = summary.phase == Phase::Failed && summary.retry_not_before.is_some_and(|after| now < after);
    if summary.deletion_requested {
        return (!waits).then_some(Due::Deletion);
    }
    if matches!(summary.phase, Phase::Applying | Phase::Deleting) {
        return Some(Due::Interrupted);
    }
    if definition.is_none() {
        return match (summary.destroy_after, summary.phase) {
            (Some(after), _) => (after <= now && !waits).then_some(Due::Tombstone),
            (None, Phase::Held) => None,
            (None, _) => Some(Due::Vanished),
        };
    }
    if summary.observed_generation != definition || summary.destroy_after.is_some() {
        return Some(Due::Changed);
    }
    match summary.phase {
        Phase::Pending => Some(Due::Changed),
        Phase::Failed => (!waits).then_some(Due::Retry),
        Phase::Ready => {
            let interval = SignedDuration::from_secs(platform.drift.interval_seconds.cast_signed());
            let last = summary.last_checked();
            last.is_none_or(|last| last.saturating_add(interval).is_ok_and(|due| due <= now)).then_some(Due::DriftCheck)
        }
        _ => None,
    }
}

/// What a sweep found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SweepReport {
    /// Definitions seen.
    pub definitions: usize,
    /// Status records seen.
    pub tenants: usize,
    /// Tenants whose definition is not there.
    pub vanished: usize,
    /// Deletions of vanished definitions are held: too many at once.
    pub deletions_held: bool,
    /// Tenants that were behind, and why.
    pub due: Vec<(TenantId, Due)>,
    /// Tasks that could not be handed on; the next sweep finds their tenants again.
    pub not_handed_on: usize,
}

/// Sweeps the fleet.
#[derive(Clone)]
pub struct Sweeper {
    definitions: Definitions,
    records: Arc<dyn ObjectReader>,
    statuses: Statuses,
    leases: Leases,
    breaker: Breaker,
    tasks: Arc<dyn Tasks>,
    clock: Arc<dyn Clock>,
    platform: Arc<Platform>,
}

impl Sweeper {
    /// A sweeper over these ports; `records` lists the status records that `statuses` reads.
    #[expect(clippy::too_many_arguments, reason = "each is a port of its own, and this is called once")]
    pub fn new(
        definitions: Definitions,
        records: Arc<dyn ObjectReader>,
        statuses: Statuses,
        leases: Leases,
        breaker: Breaker,
        tasks: Arc<dyn Tasks>,
        clock: Arc<dyn Clock>,
        platform: Arc<Platform>,
    ) -> Self {
        Self { definitions, records, statuses, leases, breaker, tasks, clock, platform }
    }

    /// Looks at every tenant once. A listing that fails ends the sweep with an error, and nothing is concluded from it.
    pub async fn sweep(&self) -> Result<SweepReport, CommandError> {
        let now = self.clock.now();
        let (definitions, statuses) = tokio::try_join!(self.list_definitions(), self.list_statuses())?;
        let mut report =
            SweepReport { definitions: definitions.len(), tenants: statuses.len(), ..SweepReport::default() };
        let mut behind = Vec::new();
        for (tenant, definition, summary) in side_by_side(definitions, statuses) {
            if definition.is_none() {
                report.vanished += 1;
            }
            let summary = match summary {
                Some(Listed::Summary(summary)) => Some(*summary),
                Some(Listed::BodyOnly) => self.statuses.read(&tenant).await?.map(|status| (&status.value).into()),
                None => None,
            };
            if let Some(due) = due(definition, summary.as_ref(), now, &self.platform) {
                behind.push((tenant, due));
            }
        }
        let count = FleetCount { at: now, tenants: report.tenants, vanished: report.vanished };
        self.breaker.record(count).await?;
        report.deletions_held = too_many(count, &self.platform.deletion);
        self.hand_out(behind, now, &mut report).await?;
        signals::sweep_ended(&report);
        Ok(report)
    }

    async fn hand_out(
        &self,
        behind: Vec<(TenantId, Due)>,
        now: Timestamp,
        report: &mut SweepReport,
    ) -> Result<(), CommandError> {
        for (tenant, due) in behind {
            if due == Due::Interrupted && self.is_under_way(&tenant, now).await? {
                continue;
            }
            let task = Task { tenant: tenant.clone(), priority: due.priority() };
            if let Err(error) = self.tasks.hand_out(task).await {
                tracing::warn!(%tenant, %error, "a task was not handed on");
                report.not_handed_on += 1;
            }
            report.due.push((tenant, due));
        }
        Ok(())
    }

    async fn is_under_way(&self, tenant: &TenantId, now: Timestamp) -> Result<bool, CommandError> {
        let holder = self.leases.holder(&RecordName::lease(tenant)).await?;
        Ok(holder.is_some_and(|holder| holder.expires > now))
    }

    /// Generations by tenant. Several objects for one tenant count as a change, so that somebody looks.
    async fn list_definitions(&self) -> Result<Vec<(TenantId, Generation)>, CommandError> {
        let mut found = Vec::new();
        let mut page: Option<PageToken> = None;
        loop {
            let listed = self.definitions.page(page.as_ref()).await?;
            found.extend(listed.items.into_iter().map(|stored| (stored.object.tenant, stored.generation)));
            page = listed.next;
            if page.is_none() {
                break;
            }
        }
        // The bucket sorts by object name, where '.' and '-' fall otherwise than between ids.
        found.sort();
        found.dedup_by(|next, kept| next.0 == kept.0);
        Ok(found)
    }

    async fn list_statuses(&self) -> Result<Vec<(TenantId, Listed)>, CommandError> {
        let mut found = Vec::new();
        let mut page: Option<PageToken> = None;
        loop {
            let listed = self.records.list(RecordName::STATUS_PREFIX, page.as_ref(), 1000).await?;
            for meta in listed.items {
                if let Some(tenant) = RecordName::tenant_of_status(&meta.name) {
                    let summary = StatusSummary::from_metadata(&meta.metadata);
                    found
                        .push((tenant, summary.map_or(Listed::BodyOnly, |summary| Listed::Summary(Box::new(summary)))));
                }
            }
            page = listed.next;
            if page.is_none() {
                break;
            }
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(found)
    }
}

enum Listed {
    Summary(Box<StatusSummary>),
    BodyOnly,
}

/// Joins two sorted lists by tenant.
fn side_by_side(
    definitions: Vec<(TenantId, Generation)>,
    statuses: Vec<(TenantId, Listed)>,
) -> impl Iterator<Item = (TenantId, Option<Generation>, Option<Listed>)> {
    let mut definitions = definitions.into_iter().peekable();
    let mut statuses = statuses.into_iter().peekable();
    std::iter::from_fn(move || {
        let order = match (definitions.peek(), statuses.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(definition), Some(status)) => definition.0.cmp(&status.0),
        };
        let definition = if order == Ordering::Greater { None } else { definitions.next() };
        let status = if order == Ordering::Less { None } else { statuses.next() };
        let tenant = definition.as_ref().map(|definition| definition.0.clone());
        let (other, listed) = status.unzip();
        tenant.or(other).map(|tenant| (tenant, definition.map(|definition| definition.1), listed))
    })
}
