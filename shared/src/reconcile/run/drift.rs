//! Whether the cloud still is what was applied; reported, or repaired where the definition says so.

use super::super::observe::{Observation, Wanted};
use super::super::recorder::Saying;
use super::super::watch::RunLog;
use super::{End, Work};
use crate::provision::{ChangeSummary, DriftItem, Goal, Guard, ProvisionError};
use crate::records::{ConditionKind, DriftRecord, Entry, OperationKind, Outcome, Status, Truth};
use crate::tenant::DriftPolicy;
use crate::tenants::CommandError;

impl Work<'_> {
    pub(super) async fn check_drift(
        &self,
        wanted: &Wanted,
        observation: &Observation,
    ) -> Result<Option<Status>, CommandError> {
        let correct = wanted.definition.spec.drift_policy.unwrap_or_default() == DriftPolicy::Correct;
        if correct {
            self.take_slot(&wanted.placed.placement).await?;
        }
        let log = RunLog::default();
        let mut entry =
            self.open(OperationKind::DriftCheck, Some(wanted.stored.generation), "plan, looking for drift").await?;
        let run = self.provision_run(&wanted.variables);
        let plan = match self.followed(&log, self.ports.provisioner.plan(&run, Goal::Defined, &log)).await {
            Ok(plan) => plan,
            Err(error) => return self.could_not_look(&mut entry, &log, &error).await.map(Some),
        };
        let status = self.say_drift(plan.drift.clone()).await?;
        if plan.drift.is_empty() || !correct {
            let message = describe(&plan.drift);
            self.close(&mut entry, &log, End::succeeded(message, ChangeSummary::default())).await?;
            return Ok(Some(status));
        }
        let begin = |operation: &mut crate::records::Operation| operation.kind = OperationKind::DriftCorrection;
        self.ports.journal.step(&mut entry, &format!("found {}; correct it", describe(&plan.drift)), begin).await?;
        self.ports.journal.keep_variables(self.tenant, self.operation, &wanted.variables).await?;
        self.apply_under(entry, Guard::Protect, wanted, observation).await
    }

    /// A check that failed says nothing about the site, which runs as it did: it is not a failed tenant.
    async fn could_not_look(
        &self,
        entry: &mut Entry,
        log: &RunLog,
        error: &ProvisionError,
    ) -> Result<Status, CommandError> {
        let now = self.ports.clock.now();
        let message = format!("could not look for drift: {error}; looked again at the next check");
        let say = |status: &mut Status| {
            status.operation = Some(self.operation);
            status.drift.get_or_insert_default().checked = now;
            let generation = status.observed_generation;
            let mut say = Saying { status, now, generation };
            say.that(ConditionKind::Drifted, Truth::Unknown, "CheckFailed", message.clone());
        };
        let status = self.settle(say).await?.value;
        let mut end = End::succeeded(message.clone(), ChangeSummary::default());
        end.outcome = Outcome::Failed;
        end.reason = Some("DRIFT_CHECK_FAILED");
        self.close(entry, log, end).await?;
        Ok(status)
    }

    async fn say_drift(&self, found: Vec<DriftItem>) -> Result<Status, CommandError> {
        let now = self.ports.clock.now();
        let say = |status: &mut Status| {
            status.operation = Some(self.operation);
            status.drift = Some(DriftRecord { checked: now, found: found.clone() });
            let generation = status.observed_generation;
            let mut say = Saying { status, now, generation };
            if found.is_empty() {
                say.that(ConditionKind::Drifted, Truth::False, "AsApplied", "the cloud is what was applied");
            } else {
                say.that(ConditionKind::Drifted, Truth::True, "ChangedOutside", describe(&found));
            }
        };
        Ok(self.settle(say).await?.value)
    }
}

fn describe(found: &[DriftItem]) -> String {
    if found.is_empty() {
        return "no drift".to_owned();
    }
    let items = found.iter().map(|item| {
        let attributes: Vec<&str> = item.attributes.iter().map(String::as_str).collect();
        let what = if attributes.is_empty() { item.action.to_string() } else { attributes.join(", ") };
        format!("{}: {what}", item.address)
    });
    format!("drift: {}", items.collect::<Vec<_>>().join("; "))
}
