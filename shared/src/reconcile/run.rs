//! Carries out the actions that run the provisioner, under a lease, each written down before it happens.

mod apply;
mod bury;
mod destroy;
mod drift;
mod outcome;
mod plugins;
mod recover;
mod start;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;

use super::decide::Action;
use super::observe::{Observation, ObservedDefinition};
use super::ports::Ports;
use super::rates::RateLines;
use super::reconciler::Reconciled;
use super::slots::Slots;
use super::tenure::Tenure;
use super::watch::RunLog;
use crate::operation::OperationId;
use crate::provision::{ChangeSummary, Run, Variables};
use crate::records::{Entry, Operation, OperationKind, Outcome, Status, Step};
use crate::store::{Generation, StoreError, Versioned};
use crate::tenant::TenantId;
use crate::tenants::{Caller, CommandError};

/// Between two writes of a log that grows: Cloud Storage takes about one write a second to one object.
const BETWEEN_LOGS: Duration = Duration::from_secs(2);

/// What came too late to be carried out is decided anew.
const SOON: Duration = Duration::from_secs(1);

/// One operation on one tenant, under its lease.
pub(super) struct Work<'a> {
    pub(super) ports: &'a Ports,
    pub(super) slots: &'a Slots,
    pub(super) rate_lines: &'a RateLines,
    pub(super) tenure: &'a Tenure,
    pub(super) caller: &'a Caller,
    pub(super) tenant: &'a TenantId,
    pub(super) operation: OperationId,
    /// The operation has an entry from when it was asked for.
    pub(super) was_queued: bool,
    /// The tenant's status as this work read or wrote it last.
    pub(super) seen: Mutex<Option<Versioned<Status>>>,
    /// The operation's entry is open: whoever comes next must settle it, unless this work does.
    pub(super) open: AtomicBool,
}

impl Work<'_> {
    /// Whether nothing of this operation is left for anybody to settle.
    pub(super) fn is_settled(&self) -> bool {
        !self.open.load(Ordering::Relaxed)
    }

    /// Keeps in mind what was read, for the next word on the status.
    pub(super) async fn saw(&self, observation: &Observation) {
        self.seen.lock().await.clone_from(&observation.status);
    }

    /// Carries out an action for which [`Action::needs_run`] holds.
    pub(super) async fn run(&self, action: Action, observation: &Observation) -> Result<Reconciled, CommandError> {
        let done = match (&action, &observation.definition) {
            (Action::Apply(why), ObservedDefinition::Valid(wanted)) => self.apply(*why, wanted, observation).await,
            (Action::CheckDrift, ObservedDefinition::Valid(wanted)) => self.check_drift(wanted, observation).await,
            (Action::Plugins(step), ObservedDefinition::Valid(wanted)) => {
                // Boxed: every other run would carry the longest of its steps.
                Box::pin(self.plugins(*step, wanted, observation)).await
            }
            (Action::Destroy(cause), _) => self.destroy(*cause, observation).await,
            (Action::Forget(_), _) => self.forget(observation).await,
            // Decided from the same observation, so the definition is there for every action that needs it.
            _ => Ok(observation.status.as_ref().map(|status| status.value.clone())),
        };
        let definition = match action {
            Action::Destroy(_) | Action::Forget(_) => None,
            _ => observation.view(),
        };
        Ok(Reconciled { action, operation: Some(self.operation), definition, status: done? })
    }

    /// Opens this operation's entry in the journal: the one that was queued for it, or a new one.
    async fn open(
        &self,
        kind: OperationKind,
        generation: Option<Generation>,
        step: &str,
    ) -> Result<Entry, CommandError> {
        let span = tracing::Span::current();
        span.record("kind", format!("{kind:?}")).record("generation", generation.map(|it| it.to_string()));
        let epoch = Some(self.tenure.epoch);
        self.open.store(true, Ordering::Relaxed);
        let queued = if self.was_queued { self.ports.journal.find(self.tenant, self.operation).await? } else { None };
        if let Some(mut queued) = queued {
            if queued.operation.outcome.is_final() {
                // Whoever took over has ended it: this process got no time to run in before it could begin.
                return Err(CommandError::Busy { retry_after: SOON });
            }
            let begin = |operation: &mut Operation| {
                operation.kind = kind;
                operation.outcome = Outcome::Running;
                operation.epoch = epoch;
                operation.definition_generation = generation;
            };
            self.ports.journal.step(&mut queued, step, begin).await?;
            return Ok(queued);
        }
        let mut operation = Operation::new(self.operation, self.tenant.clone(), kind, self.ports.clock.now());
        operation.principal = self.caller.principal.clone();
        operation.trigger = self.caller.trigger;
        operation.trace = self.caller.trace.map(|context| context.trace);
        operation.definition_generation = generation;
        operation.epoch = epoch;
        operation.outcome = Outcome::Running;
        operation.steps.push(Step { at: operation.requested, what: step.to_owned() });
        Ok(self.ports.journal.open(operation).await?)
    }

    fn provision_run(&self, variables: &Variables) -> Run {
        Run {
            tenant: self.tenant.clone(),
            operation: self.operation,
            epoch: self.tenure.epoch,
            lease: Arc::new(self.tenure.check(self.tenant)),
            variables: variables.clone(),
            deadline: Duration::from_secs(self.ports.platform.limits.run_seconds),
            cancel: self.tenure.cancel.clone(),
        }
    }

    /// Writes what this run knows on the tenant's status, unless a newer holder of the lease has written there: what an
    /// older run still has to say is in its journal entry.
    async fn settle(&self, mut change: impl FnMut(&mut Status)) -> Result<Versioned<Status>, CommandError> {
        let epoch = Some(self.tenure.epoch);
        let mut seen = self.seen.lock().await;
        let looked_at = seen.as_ref().map(|seen| seen.value.observed_generation);
        let write = |status: &mut Status| {
            if status.epoch <= epoch {
                status.epoch = epoch;
                // A definition that somebody looked at meanwhile is looked at again: what they said of it is written over here.
                if let (Some(looked_at), Some(_)) = (looked_at, status.observed_generation) {
                    status.observed_generation = looked_at;
                }
                change(status);
            }
        };
        let written = self.ports.statuses.update_seen(self.tenant, seen.clone(), write).await?;
        *seen = Some(written.clone());
        Ok(written)
    }

    /// Runs something, and meanwhile keeps its log as it grows, for who follows it. The run waits for nothing of that, and
    /// what cannot be kept now is kept with the end.
    async fn followed<T>(&self, log: &RunLog, run: impl Future<Output = T> + Send) -> T {
        tokio::select! {
            biased;
            done = run => done,
            never = self.keep_growing(log) => match never {},
        }
    }

    async fn keep_growing(&self, log: &RunLog) -> Infallible {
        loop {
            self.ports.clock.sleep(BETWEEN_LOGS).await;
            let Some(text) = log.grown() else { continue };
            match self.ports.journal.keep_log(self.tenant, self.operation, text, log.stored()).await {
                Ok(stored) => log.was_stored(stored),
                Err(error) => tracing::warn!(%error, "a growing log could not be kept yet"),
            }
        }
    }

    /// Ends the operation with what the run did and said. An entry that somebody else ended, who took the tenant over,
    /// stays as they wrote it.
    async fn close(&self, entry: &mut Entry, log: &RunLog, end: End) -> Result<(), CommandError> {
        tracing::Span::current().record("outcome", format!("{:?}", end.outcome));
        let (text, lock) = log.take();
        let change = |operation: &mut Operation| {
            operation.lock = lock;
            operation.changes = end.changes;
            operation.reason = end.reason.map(str::to_owned);
            operation.message = end.message;
            operation.diagnostics = end.diagnostics;
        };
        // Whoever sees that it has ended finds its log.
        self.ports.journal.keep_log(self.tenant, self.operation, text, log.stored()).await?;
        match self.ports.journal.close(entry, end.outcome, change).await {
            Ok(()) | Err(StoreError::PreconditionFailed { .. }) => {
                self.open.store(false, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What was open about a tenant before a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before {
    in_doubt: bool,
    unsaved: bool,
}

impl Before {
    fn of(observation: &Observation) -> Self {
        let status = observation.status.as_ref().map(|status| &status.value);
        let is = |open: fn(&Status) -> bool| status.is_some_and(open);
        Self { in_doubt: is(|status| status.in_doubt), unsaved: is(|status| status.unsaved) }
    }
}

/// How an operation ended, for its journal entry.
pub(super) struct End {
    pub(super) outcome: Outcome,
    pub(super) reason: Option<&'static str>,
    pub(super) message: String,
    pub(super) changes: ChangeSummary,
    pub(super) diagnostics: Vec<crate::provision::Diagnostic>,
}

impl End {
    /// The end of an operation that changed nothing, and why.
    fn unchanged(outcome: Outcome, reason: &'static str, message: impl Into<String>) -> Self {
        Self { outcome, reason: Some(reason), ..Self::succeeded(message, ChangeSummary::default()) }
    }

    fn succeeded(message: impl Into<String>, changes: ChangeSummary) -> Self {
        let (outcome, reason, diagnostics) = (Outcome::Succeeded, None, Vec::new());
        Self { outcome, reason, message: message.into(), changes, diagnostics }
    }
}
