//! What a run needs before it begins, beside the tenant's lease: a slot of its database instance, and its project's
//! allowance for the minute.

use std::time::Duration;

use jiff::Timestamp;
use tracing::Instrument as _;

use super::super::decide::{Action, Cause, Why};
use super::super::observe::Observation;
use super::super::rates::Allowance;
use super::Work;
use crate::placement::Placement;
use crate::records::Trigger;
use crate::tasks::Priority;
use crate::tenants::CommandError;

/// Between two tries with a store that does not answer.
const AGAIN: Duration = Duration::from_secs(1);
/// There is always somebody a little quicker.
const LEAST: Duration = Duration::from_millis(250);

/// Whether a run writes to the database instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Needed,
    NotNeeded,
}

/// How pressing a run is, among those of its project: what a person asked for or wrote comes first.
pub(super) fn priority(asked: bool, action: &Action, observation: &Observation) -> Priority {
    let status = observation.status.as_ref().map(|status| &status.value);
    let generation = observation.generation();
    let is_news = status.is_none_or(|status| status.observed_generation != generation);
    let was_applied =
        status.and_then(|status| status.applied.as_ref()).is_some_and(|last| Some(last.generation) == generation);
    match action {
        _ if asked => Priority::Change,
        // The definition is as it was: the platform changed.
        Action::Apply(Why::Changed) if was_applied => Priority::Upkeep,
        Action::Apply(Why::New | Why::Changed | Why::Approved(_)) | Action::Destroy(Cause::Requested) => {
            Priority::Change
        }
        Action::Apply(Why::Unfinished) if is_news => Priority::Change,
        Action::CheckDrift => Priority::Upkeep,
        _ => Priority::Recovery,
    }
}

impl Work<'_> {
    /// Waits until a run may begin. The slot is taken first, so that who has the allowance begins at once; without one the
    /// slot is somebody else's meanwhile. Only what people asked for waits here: the rest would keep them out, and comes
    /// again by itself.
    pub(super) async fn may_begin(
        &self,
        action: &Action,
        observation: &Observation,
        placement: &Placement,
        slot: Slot,
    ) -> Result<(), CommandError> {
        let limits = &self.ports.platform.limits;
        let clock = &self.ports.clock;
        let asked = self.was_queued || self.caller.trigger == Trigger::Api;
        let priority = priority(asked, action, observation);
        let patience = Duration::from_secs(limits.wait_seconds);
        let give_up = clock.now().saturating_add(patience).unwrap_or(Timestamp::MAX);
        loop {
            if slot == Slot::Needed {
                let span = tracing::info_span!("slot", instance = %placement.database.instance);
                let slot = self.tenure.take_slot(self.slots, clock, limits, &placement.database, self.operation);
                slot.instrument(span).await?;
            }
            let Some(most) = limits.runs_per_minute else { return Ok(()) };
            let asking = (self.operation, priority);
            let asked = self.rate_lines.begin(&self.ports.rates, clock, &placement.project, asking, most).await;
            let now = clock.now();
            let wait = match asked {
                Ok(Allowance::Begin) => return Ok(()),
                Ok(Allowance::Full { until }) => {
                    Duration::try_from(until.duration_since(now)).unwrap_or_default().max(LEAST)
                }
                Err(error) if error.retryable() => AGAIN,
                Err(error) => return Err(error.into()),
            };
            self.tenure.end_of_run().await;
            let later = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
            if priority != Priority::Change || later > give_up {
                tracing::info!(project = %placement.project, "as many runs as may begin in a minute have begun");
                return Err(CommandError::Busy { retry_after: wait });
            }
            tokio::select! {
                biased;
                () = self.tenure.cancel.cancelled() => return Err(CommandError::Busy { retry_after: wait }),
                () = clock.sleep(wait) => {}
            }
        }
    }
}
