//! Making the cloud match a definition, with the guard on.

use super::super::decide::{Action, Why};
use super::super::observe::{Observation, Wanted};
use super::super::recorder::Saying;
use super::super::serving::{check_serving, serving_revision};
use super::super::watch::RunLog;
use super::start::Slot;
use super::{Before, End, SOON, Work};
use crate::digest::Digest;
use crate::provision::{Applied, Goal, Guard, Plan, ProvisionError};
use crate::records::{AppliedRecord, ConditionKind, Entry, Hold, OperationKind, Outcome, Phase, Status, Truth};
use crate::rollout::{Course, Defaults, Pin, Release};
use crate::tenants::CommandError;

impl Work<'_> {
    pub(super) async fn apply(
        &self,
        why: Why,
        wanted: &Wanted,
        observation: &Observation,
    ) -> Result<Option<Status>, CommandError> {
        let known = observation.status.as_ref().map(|status| &status.value);
        let new = known.is_none_or(|status| status.applied.is_none());
        let kind = if new { OperationKind::Create } else { OperationKind::Update };
        self.may_begin(&Action::Apply(why), observation, &wanted.placed.placement, Slot::Needed).await?;
        let generation = Some(wanted.stored.generation);
        let (guard, step) = match why {
            Why::Approved(plan) => {
                let by =
                    known.and_then(|status| status.hold.as_ref()?.approval.as_ref()).map(|approval| &approval.by.0);
                let by = by.map_or("somebody", String::as_str);
                (Guard::Approved(plan), format!("apply exactly the plan {plan}, which {by} approved"))
            }
            Why::New | Why::Changed | Why::Unfinished => (
                Guard::Protect,
                format!("apply definition generation {}{}", wanted.stored.generation, of(wanted.course)),
            ),
        };
        let (entry, kept) = tokio::join!(
            self.open(kind, generation, &step),
            self.ports.journal.keep_variables(self.tenant, self.operation, &wanted.variables),
        );
        let mut entry = entry?;
        if !kept? {
            return self.overtaken(&mut entry).await;
        }
        self.apply_under(entry, guard, wanted, observation).await
    }

    /// An operation runs with one set of variables. One that is tried again after the definition changed is at its end; the
    /// next one is for the new.
    pub(super) async fn overtaken(&self, entry: &mut Entry) -> Result<Option<Status>, CommandError> {
        let message = "what was asked for changed before it could be tried again";
        let end = End::unchanged(Outcome::Interrupted, "INTERRUPTED", message);
        self.close(entry, &RunLog::default(), end).await?;
        Err(CommandError::Busy { retry_after: SOON })
    }

    /// Applies for an operation whose entry is open and whose variables are kept.
    pub(super) async fn apply_under(
        &self,
        mut entry: Entry,
        guard: Guard,
        wanted: &Wanted,
        observation: &Observation,
    ) -> Result<Option<Status>, CommandError> {
        let before = Before::of(observation);
        self.begin_apply(wanted, observation).await?;

        let log = RunLog::default();
        let run = self.provision_run(&wanted.variables);
        let applied = match self.followed(&log, self.ports.provisioner.apply(&run, guard, &log)).await {
            // What was approved needs no approval any more, so it is another plan, and one like any other.
            Err(ProvisionError::NotApproved { now: None }) => {
                self.followed(&log, self.ports.provisioner.apply(&run, Guard::Protect, &log)).await
            }
            applied => applied,
        };
        match applied {
            Ok(applied) => self.applied(&mut entry, &log, wanted, applied).await.map(Some),
            Err(ProvisionError::Guarded { .. } | ProvisionError::NotApproved { .. }) => {
                self.hold(&mut entry, &log, wanted, before).await
            }
            Err(error) => {
                let digest = wanted.digest(self.ports.provisioner.platform_digest());
                self.failed(&mut entry, &log, error, digest, before).await
            }
        }
    }

    async fn begin_apply(&self, wanted: &Wanted, observation: &Observation) -> Result<(), CommandError> {
        let (now, module) = (self.ports.clock.now(), self.ports.provisioner.platform_digest());
        let begin = |status: &mut Status| {
            // Before anything is made: whatever dies now, the next run makes it in the same place.
            status.placement.get_or_insert_with(|| wanted.placed.placement.clone());
            // Whatever dies or fails, the next run is with the same release, and the rollout knows whom it touched. The module
            // is the one at hand: there is no other.
            let release = Release { defaults: Defaults::of(&wanted.platform), module };
            status.release = Some(Box::new(Pin::begun(status.release.as_deref(), release, wanted.course)));
            let mut say = Saying { status, now, generation: observation.generation() };
            say.observed(observation);
            say.status.phase = Phase::Applying;
            say.status.in_doubt = true;
            say.status.unsaved = true;
            say.status.export = None;
            say.status.operation = Some(self.operation);
            say.status.variables = Some(self.operation);
            // An approval is for one run, whatever comes of it.
            if let Some(hold) = &mut say.status.hold {
                hold.approval = None;
            }
        };
        self.settle(begin).await?;
        Ok(())
    }

    async fn applied(
        &self,
        entry: &mut Entry,
        log: &RunLog,
        wanted: &Wanted,
        applied: Applied,
    ) -> Result<Status, CommandError> {
        if let Err(why) = check_serving(&applied.outputs) {
            let digest = wanted.digest(self.ports.provisioner.platform_digest());
            return self.not_serving(entry, log, applied, digest, why).await;
        }
        entry.operation.revision = serving_revision(&applied.outputs);
        let now = self.ports.clock.now();
        let module = self.ports.provisioner.platform_digest();
        let record = AppliedRecord {
            generation: wanted.stored.generation,
            digest: wanted.digest(module),
            at: now,
            operation: self.operation,
            image: Some(wanted.image.clone()),
            module: Some(module),
        };
        let settle = |status: &mut Status| {
            status.applied = Some(record.clone());
            status.placement = Some(wanted.placed.placement.clone());
            status.outputs.clone_from(&applied.outputs);
            settle_ready(Saying { status, now, generation: Some(wanted.stored.generation) });
        };
        let (status, ()) = tokio::join!(self.settle(settle), self.tenure.end_of_run());
        let status = status?;
        let message = format!("applied: {}", applied.changes);
        self.close(entry, log, End::succeeded(message, applied.changes)).await?;
        Ok(status.value)
    }

    async fn hold(
        &self,
        entry: &mut Entry,
        log: &RunLog,
        wanted: &Wanted,
        before: Before,
    ) -> Result<Option<Status>, CommandError> {
        let (plan, approval) = self.plan_to_approve(log, wanted).await?;
        let now = self.ports.clock.now();
        let digest = wanted.digest(self.ports.provisioner.platform_digest());
        let hold = Hold { digest: approval, wanted: digest, changes: plan.changes, since: now, approval: None };
        let listed = plan.guarded.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let message = format!(
            "the change would destroy {listed}; nothing of it was applied. Change the definition back, or approve {}",
            hold.digest
        );
        let say = |status: &mut Status| {
            status.phase = Phase::Held;
            (status.in_doubt, status.unsaved) = (before.in_doubt, before.unsaved);
            status.hold = Some(hold.clone());
            status.retry = None;
            let generation = status.observed_generation;
            let mut say = Saying { status, now, generation };
            say.that(ConditionKind::Held, Truth::True, "WouldDestroyData", message.clone());
            say.that(ConditionKind::Applied, Truth::False, "Held", "a change waits for an approval");
        };
        self.settle(say).await?;
        self.close(entry, log, End::unchanged(Outcome::Failed, "HELD", message)).await?;
        Err(CommandError::Held { hold: Box::new(hold), operation: self.operation })
    }

    /// What exactly waits, and what names it.
    async fn plan_to_approve(&self, log: &RunLog, wanted: &Wanted) -> Result<(Plan, Digest), CommandError> {
        let run = self.provision_run(&wanted.variables);
        let soon = CommandError::Busy { retry_after: std::time::Duration::from_secs(30) };
        match self.ports.provisioner.plan(&run, Goal::Defined, log).await {
            Ok(plan) => {
                let approval = plan.approval;
                // The cloud changed since the run was refused: the next run may find nothing to refuse.
                approval.map(|approval| (plan, approval)).ok_or(soon)
            }
            Err(error) => {
                tracing::warn!(%error, "the held change could not be planned");
                Err(soon)
            }
        }
    }
}

/// What a rollout has to do with an apply.
fn of(course: Course) -> String {
    match course {
        Course::Stay => String::new(),
        Course::Forward(number) => format!(" with the platform's release of rollout {number}"),
        Course::Back => " with the platform's release before the rollout".to_owned(),
    }
}

/// A tenant whose cloud is what was asked for.
pub(super) fn settle_ready(mut say: Saying<'_>) {
    say.status.in_doubt = false;
    say.status.unsaved = false;
    if let Some(pin) = &mut say.status.release {
        pin.applied = true;
    }
    say.status.hold = None;
    say.status.retry = None;
    say.status.drift = None;
    say.status.drift_suspected = None;
    say.status.conditions.remove(ConditionKind::Held);
    say.status.conditions.remove(ConditionKind::Drifted);
    say.that(ConditionKind::Applied, Truth::True, "Applied", "the definition was applied");
    say.ready();
}
