//! The sweep: definitions, status records and leases listed side by side over the whole fleet, and a task for every tenant
//! that is behind. Heals lost events, interrupted work, due retries, due tombstones and due drift checks, whatever lost
//! them. When all is handed out, it deletes what some tenants' operations left and was kept long enough.
//!
//! It keeps nothing of the fleet in memory but what must wait for the end: deletions, for the breaker's count, and this
//! round's turns of a rollout and drift checks, for everything that is more pressing. A sweep that dies is made good by the
//! next; two at once hand out the same hints.

mod due;
mod listings;
mod lists;
mod rolling;
mod round;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

pub use due::{Due, due, next_check};

use super::breaker::{Breaker, FleetCount};
use crate::clock::Clock;
use crate::placement::Occupancy;
use crate::platform::Platform;
use crate::plugins::PluginLists;
use crate::records::{Definitions, LeaseMark, Rollouts, StatusSummary, Statuses};
use crate::retention::{Pace, Pruned, Pruner};
use crate::signals;
use crate::store::{ObjectReader, ObjectStore};
use crate::tasks::{Task, Tasks};
use crate::tenant::TenantId;
use crate::tenants::CommandError;
use listings::{Beside, Listed, SideBySide};
use lists::Lists;
use rolling::Rolling;
use round::Round;

/// Tenants a report names; the others are only counted.
const NAMED: usize = 100;
/// Deletions handed out after one sweep; the next one finds the others.
const DELETIONS: usize = 1000;

/// What a sweep found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SweepReport {
    /// Tenants with a definition.
    pub definitions: usize,
    /// Tenants with a status record.
    pub tenants: usize,
    /// Tenants whose definition is not there.
    pub vanished: usize,
    /// Deletions of vanished definitions are held: too many at once.
    pub deletions_held: bool,
    /// How many tenants were behind, by cause.
    pub behind: BTreeMap<Due, usize>,
    /// The first hundred tenants that were handed on, and why.
    pub due: Vec<(TenantId, Due)>,
    /// Tenants that were behind and are left for a later sweep: over the ceiling of one sweep.
    pub postponed: usize,
    /// Tasks that could not be handed on; the next sweep finds their tenants again.
    pub not_handed_on: usize,
    /// What was kept long enough, and went.
    pub pruned: Pruned,
}

/// Sweeps the fleet.
#[derive(Clone)]
pub struct Sweeper {
    definitions: Definitions,
    records: Arc<dyn ObjectReader>,
    statuses: Statuses,
    breaker: Breaker,
    rollouts: Rollouts,
    plugin_lists: PluginLists,
    pruner: Pruner,
    tasks: Arc<dyn Tasks>,
    clock: Arc<dyn Clock>,
    platform: Arc<Platform>,
}

impl Sweeper {
    /// A sweeper over the two buckets, and wherever lists of plugins lie.
    pub fn new(
        definitions: Arc<dyn ObjectReader>,
        records: Arc<dyn ObjectStore>,
        plugin_lists: PluginLists,
        tasks: Arc<dyn Tasks>,
        clock: Arc<dyn Clock>,
        platform: Arc<Platform>,
    ) -> Self {
        let shared = || Arc::clone(&records);
        Self {
            definitions: Definitions::new(definitions),
            statuses: Statuses::new(shared()),
            breaker: Breaker::new(shared()),
            rollouts: Rollouts::new(shared()),
            pruner: Pruner::new(shared(), Arc::clone(&clock), platform.retention),
            records,
            plugin_lists,
            tasks,
            clock,
            platform,
        }
    }

    /// Looks for what was kept long enough at another pace.
    #[must_use]
    pub fn pruning(mut self, pace: Pace) -> Self {
        self.pruner = self.pruner.at(pace);
        self
    }

    /// Looks at every tenant once. A listing that fails ends the sweep with an error; what was handed on by then stands,
    /// as a hint is never wrong, and the breaker's count is left as it was.
    pub async fn sweep(&self) -> Result<SweepReport, CommandError> {
        let now = self.clock.now();
        let mut fleet = SideBySide::new(&self.definitions, Arc::clone(&self.records));
        let mut report = SweepReport::default();
        let mut occupancy = Occupancy { at: now, ..Occupancy::default() };
        let mut deletions = Round::of(DELETIONS);
        let mut checks = Round::of(self.platform.drift.checks_per_sweep);
        let mut lists = Lists::of(now);
        let mut rolling = Rolling::begin(&self.rollouts, &self.platform, now).await;
        let mut visits = self.pruner.visits(now).await;
        while let Some(beside) = fleet.next().await? {
            report.count(&beside);
            let is_gone = beside.definition.is_none() && beside.status.is_none();
            visits.add(&beside.tenant, is_gone, beside.lease);
            let summary = self.summary(&beside).await?;
            if let Some(place) = summary.as_ref().and_then(|summary| summary.place.clone()) {
                *occupancy.tenants.entry(place).or_default() += 1;
            }
            let due = due(&beside.tenant, beside.definition, summary.as_ref(), now, &self.platform);
            let due = turn(due, &beside, summary.as_ref(), rolling.as_mut());
            if matches!(due, None | Some(Due::Rollout | Due::DriftCheck)) && beside.definition.is_some() {
                lists.add(&beside.tenant, summary.as_ref());
            }
            let Some(due) = under_lease(due, beside.lease, now) else { continue };
            *report.behind.entry(due).or_default() += 1;
            let since = summary.as_ref().and_then(|summary| summary.last_look().at);
            match (due, &mut rolling) {
                (Due::Tombstone, _) => _ = deletions.add(since, beside.tenant),
                (Due::DriftCheck, _) => _ = checks.add(since, beside.tenant),
                (Due::Rollout, Some(rolling)) => rolling.add(beside.tenant, since),
                (due, _) => self.hand_out(beside.tenant, due, &mut report).await,
            }
        }
        let count = FleetCount { at: now, tenants: report.tenants, vanished: report.vanished };
        report.deletions_held = self.breaker.record(count, &self.platform.deletion).await?;
        self.statuses.record_occupancy(&occupancy).await?;
        for tenant in lists.changed(&self.plugin_lists).await {
            *report.behind.entry(Due::PluginList).or_default() += 1;
            self.hand_out(tenant, Due::PluginList, &mut report).await;
        }
        let turns = match rolling {
            Some(rolling) => rolling.end(&self.rollouts, &self.platform, now).await?,
            None => None,
        };
        let turns = turns.unwrap_or_else(|| Round::of(0));
        for (round, due) in [(deletions, Due::Tombstone), (turns, Due::Rollout), (checks, Due::DriftCheck)] {
            report.postponed += round.left_out();
            for tenant in round.longest_waiting_first() {
                self.hand_out(tenant, due, &mut report).await;
            }
        }
        report.pruned = self.pruner.prune(visits, now).await;
        signals::sweep_ended(&report);
        Ok(report)
    }

    async fn summary(&self, beside: &Beside) -> Result<Option<StatusSummary>, CommandError> {
        Ok(match &beside.status {
            Some(Listed::Summary(summary)) => Some((**summary).clone()),
            Some(Listed::BodyOnly) => self.statuses.read(&beside.tenant).await?.map(|status| (&status.value).into()),
            None => None,
        })
    }

    async fn hand_out(&self, tenant: TenantId, due: Due, report: &mut SweepReport) {
        let task = Task::new(tenant.clone(), due.priority());
        if let Err(error) = self.tasks.hand_out(task).await {
            tracing::warn!(%tenant, %error, "a task was not handed on");
            report.not_handed_on += 1;
        }
        if report.due.len() < NAMED {
            report.due.push((tenant, due));
        }
    }
}

/// Counts a tenant for the rollout, which may have its turn where it only wants a look, or not even that.
fn turn(
    due: Option<Due>,
    beside: &Beside,
    summary: Option<&StatusSummary>,
    rolling: Option<&mut Rolling>,
) -> Option<Due> {
    let (Some(summary), Some(rolling), Some(_)) = (summary, rolling, beside.definition) else { return due };
    let its_turn = rolling.count(&beside.tenant, summary);
    match due {
        None | Some(Due::DriftCheck) if its_turn => Some(Due::Rollout),
        Some(Due::DriftCheck) if rolling.is_of_another_module(summary) => None,
        due => due,
    }
}

/// What a tenant's lease adds: work that nobody does any more makes it due, whatever else is known of it, even nothing;
/// work that somebody does is not interrupted.
fn under_lease(due: Option<Due>, lease: Option<LeaseMark>, now: Timestamp) -> Option<Due> {
    match due {
        _ if lease.is_some_and(|lease| lease.is_abandoned(now)) => Some(Due::Interrupted),
        Some(Due::Queued | Due::Interrupted) if lease.is_some_and(|lease| lease.is_held(now)) => None,
        due => due,
    }
}

impl SweepReport {
    fn count(&mut self, beside: &Beside) {
        self.definitions += usize::from(beside.definition.is_some());
        self.tenants += usize::from(beside.status.is_some());
        self.vanished += usize::from(beside.definition.is_none() && beside.status.is_some());
    }
}
