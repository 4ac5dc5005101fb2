//! One tenant, brought to its definition: take its turn and its lease, observe, decide, and carry out, until there is
//! nothing more to decide.

use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument as _;

use super::decide::{Action, Idle, decide};
use super::installing::request_plugins;
use super::observe::{Moment, Observation, ObservedDefinition};
use super::ports::Ports;
use super::recorder::record;
use super::run::Work;
use super::tenure::Tenure;
use super::turns::Turns;
use crate::operation::OperationId;
use crate::records::{Outcome, Status};
use crate::store::StoreError;
use crate::tenant::TenantId;
use crate::tenants::{Caller, CommandError};

/// A recovery and a restore each lead to a new decision; more than a few in a row mean that something else writes too.
const MOST_DECISIONS: usize = 6;
const BUSY: Duration = Duration::from_secs(5);

/// Brings tenants to their definitions.
#[derive(Clone)]
pub struct Reconciler {
    shared: Arc<Shared>,
}

struct Shared {
    ports: Ports,
    turns: Turns,
}

/// What a reconcile came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Reconciled {
    /// The last thing that was decided.
    pub action: Action,
    /// The operation that carried it out, where one was needed.
    pub operation: Option<OperationId>,
    /// The status afterwards; `None` for a tenant that is gone.
    pub status: Option<Status>,
}

/// How pressing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insist {
    /// A hint: backoff and holds stand.
    No,
    /// Somebody asked for it now: a failed apply is tried at once, a held plan is made again.
    Yes,
}

impl Reconciler {
    /// A reconciler over these ports.
    pub fn new(ports: Ports) -> Self {
        Self { shared: Arc::new(Shared { ports, turns: Turns::default() }) }
    }

    /// What it works with.
    pub fn ports(&self) -> &Ports {
        &self.shared.ports
    }

    /// Brings one tenant to its definition. Goes on to its end when the caller stops listening: a run that has begun is
    /// finished, not abandoned.
    pub async fn reconcile(
        &self,
        caller: &Caller,
        tenant: &TenantId,
        insist: Insist,
    ) -> Result<Reconciled, CommandError> {
        let span = tracing::info_span!("reconcile", tenant = %tenant);
        let (reconciler, caller, tenant) = (self.clone(), caller.clone(), tenant.clone());
        let work = async move { reconciler.take_turn(&caller, &tenant, insist).await };
        tokio::spawn(work.instrument(span))
            .await
            .unwrap_or_else(|stopped| Err(CommandError::Misconfigured(format!("the reconcile stopped: {stopped}"))))
    }

    async fn take_turn(&self, caller: &Caller, tenant: &TenantId, insist: Insist) -> Result<Reconciled, CommandError> {
        let ports = &self.shared.ports;
        let wait = Duration::from_secs(ports.platform.limits.wait_seconds);
        let turn = tokio::select! {
            turn = self.shared.turns.take(tenant) => turn,
            () = ports.clock.sleep(wait) => return Err(CommandError::Busy { retry_after: BUSY }),
            () = ports.shutdown.cancelled() => return Err(CommandError::Busy { retry_after: BUSY }),
        };
        let (observation, action) = self.look(tenant, None, insist).await?;
        let done = if action.needs_run() {
            self.under_lease(caller, tenant, insist).await
        } else {
            self.carry_out_without_run(tenant, action, &observation, insist, caller).await
        };
        drop(turn);
        done
    }

    async fn look(
        &self,
        tenant: &TenantId,
        interrupted: Option<OperationId>,
        insist: Insist,
    ) -> Result<(Observation, Action), CommandError> {
        let ports = &self.shared.ports;
        let observation = Observation::read(&ports.definitions, &ports.statuses, &ports.platform, tenant).await?;
        let tombstoned = observation.status.as_ref().is_some_and(|status| status.value.tombstone.is_some());
        let deletions_held = tombstoned && ports.breaker.holds(&ports.platform.deletion).await?;
        let moment = Moment { now: ports.clock.now(), interrupted, deletions_held, insist: insist == Insist::Yes };
        let module = Some(ports.provisioner.platform_digest());
        let action = decide(&observation.situation(moment, module), &ports.platform);
        tracing::debug!(?action, "decided");
        Ok((observation, action))
    }

    async fn carry_out_without_run(
        &self,
        tenant: &TenantId,
        action: Action,
        observation: &Observation,
        insist: Insist,
        caller: &Caller,
    ) -> Result<Reconciled, CommandError> {
        let ports = &self.shared.ports;
        if let Action::Noop(_) = action {
            let status = observation.status.as_ref().map(|status| status.value.clone());
            let operation = self.close_queued(status.as_ref()).await?;
            return Ok(Reconciled { action, operation, status });
        }
        let status = record(&ports.statuses, tenant, &action, observation, ports.clock.now()).await?.value;
        let status = match (&action, &observation.definition) {
            (Action::Acknowledge, ObservedDefinition::Valid(wanted)) => {
                request_plugins(ports, &wanted.definition, status).await?
            }
            _ => status,
        };
        if action == Action::Restore {
            return self.under_lease(caller, tenant, insist).await;
        }
        let operation = self.close_queued(Some(&status)).await?;
        Ok(Reconciled { action, operation, status: Some(status) })
    }

    async fn under_lease(
        &self,
        caller: &Caller,
        tenant: &TenantId,
        insist: Insist,
    ) -> Result<Reconciled, CommandError> {
        let ports = &self.shared.ports;
        let operation = self.next_operation(tenant).await?;
        let limits = &ports.platform.limits;
        let tenure = Tenure::begin(&ports.leases, &ports.clock, limits, tenant, operation, &ports.shutdown).await?;
        let work = Work { ports, tenure: &tenure, caller, tenant, operation };
        let done = self.decide_and_do(&work, insist).await;
        // A lease that cannot be given back runs out by itself; what was done stands all the same.
        if let Err(error) = tenure.end().await {
            tracing::warn!(%error, "a lease could not be given back and will run out");
        }
        done
    }

    async fn decide_and_do(&self, work: &Work<'_>, insist: Insist) -> Result<Reconciled, CommandError> {
        let mut interrupted = work.tenure.taken_over;
        for _ in 0..MOST_DECISIONS {
            let (observation, action) = self.look(work.tenant, interrupted, insist).await?;
            match action {
                Action::Recover(operation) => {
                    work.recover(operation).await?;
                    interrupted = None;
                }
                Action::Restore => {
                    let now = work.ports.clock.now();
                    record(&work.ports.statuses, work.tenant, &action, &observation, now).await?;
                }
                action if action.needs_run() => return work.run(action, &observation).await,
                action => {
                    return Box::pin(self.carry_out_without_run(
                        work.tenant,
                        action,
                        &observation,
                        insist,
                        work.caller,
                    ))
                    .await;
                }
            }
        }
        Err(CommandError::Busy { retry_after: BUSY })
    }

    /// The operation that waits for this tenant, else a new one.
    async fn next_operation(&self, tenant: &TenantId) -> Result<OperationId, StoreError> {
        let ports = &self.shared.ports;
        let status = ports.statuses.read(tenant).await?;
        let asked = status.as_ref().and_then(|status| status.value.operation);
        if let Some(asked) = asked {
            let entry = ports.journal.find(tenant, asked).await?;
            if entry.is_some_and(|entry| entry.operation.outcome == Outcome::Queued) {
                return Ok(asked);
            }
        }
        Ok(ports.ids.next(ports.clock.now()))
    }

    /// Ends an operation that was asked for and turned out to need no run.
    async fn close_queued(&self, status: Option<&Status>) -> Result<Option<OperationId>, StoreError> {
        let ports = &self.shared.ports;
        let Some((status, operation)) = status.and_then(|status| Some((status, status.operation?))) else {
            return Ok(None);
        };
        let Some(mut entry) = ports.journal.find(&status.tenant, operation).await? else { return Ok(None) };
        if entry.operation.outcome != Outcome::Queued {
            return Ok(None);
        }
        let message = "there was nothing to do".to_owned();
        ports.journal.close(&mut entry, Outcome::Succeeded, |operation| operation.message = message).await?;
        Ok(Some(operation))
    }
}

impl Reconciled {
    /// Whether nothing was to do, and nothing was done.
    pub const fn was_as_defined(&self) -> bool {
        matches!(self.action, Action::Noop(Idle::AsDefined))
    }
}
