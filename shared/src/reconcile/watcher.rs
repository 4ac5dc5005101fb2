//! A hint that a tenant's definition may have changed: decide at once, record what needs no run, hand the rest on.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::decide::{Action, ListSeen, decide};
use super::observe::{Moment, Observation, settled};
use super::recorder::record;
use crate::clock::Clock;
use crate::platform::Platform;
use crate::records::{Definitions, Phase, Status, Statuses};
use crate::tasks::{HandOutError, Priority, Task, Tasks};
use crate::tenant::TenantId;
use crate::tenants::CommandError;
use crate::trace::TraceContext;

/// Looks at tenants without being able to run anything.
#[derive(Clone)]
pub struct Watcher {
    definitions: Definitions,
    statuses: Statuses,
    tasks: Arc<dyn Tasks>,
    clock: Arc<dyn Clock>,
    platform: Arc<Platform>,
    trace: Option<TraceContext>,
}

/// What a hint came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noticed {
    /// Nothing was to do.
    Settled,
    /// It was recorded.
    Recorded(Action),
    /// Somebody else carries it out.
    HandedOn(Action),
}

/// What a report of a change from outside came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// It was a run of ours, or the tenant is none of ours, or is not checked as it stands.
    Unfounded,
    /// A drift check was handed on.
    HandedOn,
}

/// How much later than our own run a change of its doing may be dated: clocks differ, and services settle.
const SETTLING: SignedDuration = SignedDuration::from_secs(30);

/// Whether a change at this time can be somebody else's. While a run is under way, and until it settled, it is ours.
fn founded(status: &Status, at: Timestamp) -> bool {
    let looked = status.last_look().at;
    status.phase == Phase::Ready
        && looked.is_some_and(|looked| looked.saturating_add(SETTLING).is_ok_and(|settled| settled < at))
}

impl Watcher {
    /// A watcher over these ports.
    pub fn new(
        definitions: Definitions,
        statuses: Statuses,
        tasks: Arc<dyn Tasks>,
        clock: Arc<dyn Clock>,
        platform: Arc<Platform>,
    ) -> Self {
        Self { definitions, statuses, tasks, clock, platform, trace: None }
    }

    /// The same for one event, which is part of this.
    #[must_use]
    pub fn within(self, trace: Option<TraceContext>) -> Self {
        Self { trace, ..self }
    }

    /// Looks at one tenant. Most hints are about nothing new: those cost a listing and a look at metadata.
    pub async fn notice(&self, tenant: &TenantId) -> Result<Noticed, CommandError> {
        let (head, summary) = tokio::try_join!(self.definitions.head(tenant), self.statuses.summary(tenant))?;
        if settled(&head, summary.as_ref()) {
            return Ok(Noticed::Settled);
        }
        loop {
            let observation = Observation::read(&self.definitions, &self.statuses, &self.platform, tenant).await?;
            // No breaker here: a deletion whose time has come is handed on, and decided there.
            let moment = Moment {
                now: self.clock.now(),
                interrupted: None,
                deletions_held: false,
                insist: false,
                plugin_list: ListSeen::NotLooked,
            };
            let action = decide(&observation.situation(moment, None), &self.platform);
            tracing::debug!(%tenant, ?action, "noticed");
            match action {
                Action::Noop(_) | Action::CheckDrift => {
                    return Ok(Noticed::Settled);
                }
                Action::Restore => {
                    record(&self.statuses, tenant, &action, &observation, self.clock.now()).await?;
                }
                // Without the module at hand, 'renders to what is applied' cannot be known: whoever has it decides.
                action if action.needs_run() || action == Action::Acknowledge => {
                    self.hand_on(tenant).await?;
                    return Ok(Noticed::HandedOn(action));
                }
                action => {
                    record(&self.statuses, tenant, &action, &observation, self.clock.now()).await?;
                    return Ok(Noticed::Recorded(action));
                }
            }
        }
    }

    /// Somebody says that a resource of a tenant changed, at that time where they say so. What one of our own runs did is
    /// not looked at again; anything else makes a drift check due, and hands it on.
    pub async fn suspect(&self, tenant: &TenantId, at: Option<Timestamp>) -> Result<Suspicion, CommandError> {
        let Some(known) = self.statuses.read(tenant).await? else { return Ok(Suspicion::Unfounded) };
        let now = self.clock.now();
        if !founded(&known.value, at.unwrap_or(now)) {
            return Ok(Suspicion::Unfounded);
        }
        self.statuses.update(tenant, |status| status.drift_suspected = Some(now)).await?;
        self.tasks.hand_out(Task::new(tenant.clone(), Priority::Upkeep).after(self.trace)).await?;
        Ok(Suspicion::HandedOn)
    }

    async fn hand_on(&self, tenant: &TenantId) -> Result<(), CommandError> {
        let task = Task::new(tenant.clone(), Priority::Change).after(self.trace);
        Ok(self.tasks.hand_out(task).await?)
    }
}

impl From<HandOutError> for CommandError {
    fn from(error: HandOutError) -> Self {
        let retry_after = match error {
            HandOutError::Full { retry_after } => retry_after,
            HandOutError::Unavailable(reason) => {
                tracing::warn!(reason, "a task could not be handed on");
                std::time::Duration::from_secs(10)
            }
        };
        Self::Busy { retry_after }
    }
}
