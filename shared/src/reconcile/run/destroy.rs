//! The end of a tenant: its resources destroyed, or kept and forgotten; then its definition and its status.

use super::super::decide::{Action, Cause, HoldReason, deletion_digest};
use super::super::observe::{Observation, ObservedDefinition};
use super::super::recorder::record;
use super::super::watch::RunLog;
use super::bury::Unburied;
use super::start::Slot;
use super::{Before, End, SOON, Work};
use crate::provision::{ChangeSummary, Variables};
use crate::records::{Entry, OperationKind, Outcome, Phase, Status, StoredDefinition};
use crate::store::{Generation, Precondition, StoreError, Versioned};
use crate::tenants::CommandError;

/// What the cloud may hold, once an end has begun, that no state knows of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unsaved {
    /// Nothing: what goes is destroyed by its state.
    No,
    /// All of it: the state goes, the resources stay.
    All,
}

impl Work<'_> {
    pub(super) async fn destroy(
        &self,
        cause: Cause,
        observation: &Observation,
    ) -> Result<Option<Status>, CommandError> {
        let generation = observation.generation();
        let mut entry = self.open(OperationKind::Delete, generation, "destroy the tenant's resources").await?;
        let log = RunLog::default();
        let Some(variables) = self.last_variables(observation).await? else {
            return self.gone(&mut entry, &log, observation, ChangeSummary::default(), "nothing had been made").await;
        };
        let status = observation.status.as_ref().map(|status| &status.value);
        let before = Before::of(observation);
        if let Some(placement) = status.and_then(|status| status.placement.as_ref()) {
            self.may_begin(&Action::Destroy(cause), observation, placement, Slot::Needed).await?;
        }
        let run = self.provision_run(&variables);
        if let Err(unburied) = self.bury(&mut entry, observation, &run, &log).await {
            return self.not_destroyed(&mut entry, &log, unburied, before).await;
        }
        if self.is_wanted_again(observation).await? {
            return self.kept_after_all(&mut entry, &log).await;
        }
        if !self.is_let_through(cause, observation).await? {
            return self.held_after_all(&mut entry, &log, observation).await.map(Some);
        }
        self.begin_end(Unsaved::No).await?;
        match self.followed(&log, self.ports.provisioner.destroy(&run, &log)).await {
            Ok(changes) => {
                let message = format!("destroyed: {changes}");
                self.gone(&mut entry, &log, observation, changes, &message).await
            }
            Err(error) => self.failed(&mut entry, &log, error, deletion_digest(), before).await,
        }
    }

    pub(super) async fn forget(&self, observation: &Observation) -> Result<Option<Status>, CommandError> {
        let generation = observation.generation();
        let mut entry = self.open(OperationKind::Forget, generation, "forget the tenant, keep its resources").await?;
        let log = RunLog::default();
        let before = Before::of(observation);
        // Of a tenant that never had anything, there is nothing to come back to; its definition may not even be fit to keep.
        let had_something = observation.status.as_ref().is_some_and(|status| status.value.variables.is_some());
        if had_something && let Err(unburied) = self.keep_last_words(observation, ChangeSummary::default(), None).await
        {
            return self.not_destroyed(&mut entry, &log, unburied, before).await;
        }
        if self.is_wanted_again(observation).await? {
            return self.kept_after_all(&mut entry, &log).await;
        }
        if had_something {
            // Whatever dies now: should its resources be wanted again, or go after all, they are looked for.
            self.begin_end(Unsaved::All).await?;
        }
        match self.ports.provisioner.forget(self.tenant, self.operation, self.tenure.epoch).await {
            Ok(()) => {
                let message = "the tenant is forgotten; its resources, if it had any, are kept";
                self.gone(&mut entry, &log, observation, ChangeSummary::default(), message).await
            }
            Err(error) => self.failed(&mut entry, &log, error, deletion_digest(), before).await,
        }
    }

    /// The last look before anything goes: what was decided on may have been a listing that was behind, and an export takes
    /// longer than it takes somebody to put their file back.
    async fn is_wanted_again(&self, observation: &Observation) -> Result<bool, StoreError> {
        let status = observation.status.as_ref().map(|status| &status.value);
        let asked = status.and_then(|status| status.deletion.as_ref()?.generation);
        self.ports.definitions.is_there(self.tenant, asked).await
    }

    /// What is to be done with the definition that is there is decided anew.
    async fn kept_after_all(&self, entry: &mut Entry, log: &RunLog) -> Result<Option<Status>, CommandError> {
        let message = "the definition was written again meanwhile: nothing was destroyed";
        self.close(entry, log, End::unchanged(Outcome::Failed, "WANTED_AGAIN", message)).await?;
        Err(CommandError::Busy { retry_after: SOON })
    }

    /// Asks the breaker for the last time, and writes down that the tenant goes. What somebody asked for or approved is
    /// counted, and let through.
    async fn is_let_through(&self, cause: Cause, observation: &Observation) -> Result<bool, CommandError> {
        let now = self.ports.clock.now();
        let tombstone = observation.status.as_ref().and_then(|status| status.value.tombstone.as_ref());
        let approval = tombstone.and_then(|tombstone| tombstone.approval.as_ref());
        let unless_held = cause == Cause::Vanished && !approval.is_some_and(|approval| approval.holds(now));
        Ok(self.ports.breaker.begin(self.tenant, unless_held, &self.ports.platform.deletion, now).await?)
    }

    /// Others were quicker: with theirs, there are too many.
    async fn held_after_all(
        &self,
        entry: &mut Entry,
        log: &RunLog,
        observation: &Observation,
    ) -> Result<Status, CommandError> {
        let action = Action::Hold(HoldReason::Breaker);
        let now = self.ports.clock.now();
        let status = record(&self.ports.statuses, self.tenant, &action, observation, now).await?.value;
        let message = "too many deletions over the fleet: nothing was destroyed";
        self.close(entry, log, End::unchanged(Outcome::Failed, "HELD", message)).await?;
        Ok(status)
    }

    async fn not_destroyed(
        &self,
        entry: &mut Entry,
        log: &RunLog,
        unburied: Unburied,
        before: Before,
    ) -> Result<Option<Status>, CommandError> {
        match unburied {
            Unburied::Run(error) => self.failed(entry, log, error, deletion_digest(), before).await,
            Unburied::NotTakenOver(addresses) => self.not_taken_over(entry, log, &addresses, before).await,
            Unburied::Export(error) => self.not_exported(entry, log, &error, before).await,
            Unburied::Store(error) => Err(error),
        }
    }

    async fn begin_end(&self, unsaved: Unsaved) -> Result<(), CommandError> {
        let begin = |status: &mut Status| {
            status.phase = Phase::Deleting;
            status.in_doubt = true;
            status.unsaved = unsaved == Unsaved::All;
            status.operation = Some(self.operation);
        };
        self.settle(begin).await?;
        Ok(())
    }

    /// The variables of the last run that may have made something; `None` if there was none.
    async fn last_variables(&self, observation: &Observation) -> Result<Option<Variables>, CommandError> {
        let status = observation.status.as_ref().map(|status| &status.value);
        if let Some(operation) = status.and_then(|status| status.variables) {
            if let Some(variables) = self.ports.journal.variables(self.tenant, operation).await? {
                return Ok(Some(variables));
            }
            let reason = format!("the variables of operation {operation} are missing: restore them before deleting");
            return Err(CommandError::Misconfigured(reason));
        }
        Ok(None)
    }

    /// The definition goes first, then the status, so that a crash between the two leaves a tenant that still says it is
    /// being deleted. A definition that was written again meanwhile stays, and its tenant begins anew.
    async fn gone(
        &self,
        entry: &mut Entry,
        log: &RunLog,
        observation: &Observation,
        changes: ChangeSummary,
        message: &str,
    ) -> Result<Option<Status>, CommandError> {
        if let Some(stored) = asked_to_remove(observation) {
            self.remove_definition(stored).await?;
        }
        let mut status = self.ports.statuses.read(self.tenant).await?;
        while let Some(current) = status.take().filter(|status| status.value.epoch <= Some(self.tenure.epoch)) {
            match self.forget_status(&current).await {
                Ok(()) => {}
                Err(StoreError::PreconditionFailed { .. }) => status = self.ports.statuses.read(self.tenant).await?,
                Err(error) => return Err(error.into()),
            }
        }
        self.close(entry, log, End::succeeded(message, changes)).await?;
        Ok(None)
    }

    /// Nothing is known of the tenant any more but what somebody asked for meanwhile.
    async fn forget_status(&self, current: &Versioned<Status>) -> Result<(), StoreError> {
        let Some(queued) = current.value.queued else { return self.ports.statuses.remove(current).await };
        let mut fresh = Status::new(self.tenant.clone());
        (fresh.operation, fresh.queued, fresh.epoch) = (Some(queued), Some(queued), current.value.epoch);
        self.ports.statuses.write(&fresh, Precondition::Matches(current.generation)).await.map(|_| ())
    }

    async fn remove_definition(&self, stored: &StoredDefinition) -> Result<(), CommandError> {
        match self.ports.definition_writer.remove(stored).await {
            Ok(()) | Err(StoreError::PreconditionFailed { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The very definition whose deletion was asked for, if it is still there.
fn asked_to_remove(observation: &Observation) -> Option<&StoredDefinition> {
    let asked: Option<Generation> = observation.status.as_ref()?.value.deletion.as_ref()?.generation;
    let stored = match &observation.definition {
        ObservedDefinition::Valid(wanted) => &wanted.stored,
        ObservedDefinition::Invalid(stored, _) => stored,
        ObservedDefinition::Absent | ObservedDefinition::Conflict(_) => return None,
    };
    (asked == Some(stored.generation)).then_some(stored)
}
