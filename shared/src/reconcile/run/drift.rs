//! Whether the cloud still is what was applied; reported, or repaired where the definition says so.

use super::super::decide::Action;
use super::super::noticed::noticed;
use super::super::observe::{Observation, Wanted};
use super::super::recorder::Saying;
use super::super::watch::RunLog;
use super::start::Slot;
use super::{End, Work};
use crate::provision::{ChangeSummary, DriftItem, Goal, Guard, ProvisionError};
use crate::records::{
    CONFIRMED, ConditionKind, DriftFinding, DriftRecord, Entry, OperationKind, Outcome, Status, Truth,
};
use crate::signals;
use crate::tenant::DriftPolicy;
use crate::tenants::CommandError;

impl Work<'_> {
    pub(super) async fn check_drift(
        &self,
        wanted: &Wanted,
        observation: &Observation,
    ) -> Result<Option<Status>, CommandError> {
        let correct = wanted.definition.spec.drift_policy.unwrap_or_default() == DriftPolicy::Correct;
        let slot = if correct { Slot::Needed } else { Slot::NotNeeded };
        self.may_begin(&Action::CheckDrift, observation, &wanted.placed.placement, slot).await?;
        let log = RunLog::default();
        let mut entry =
            self.open(OperationKind::DriftCheck, Some(wanted.stored.generation), "plan, looking for drift").await?;
        let run = self.provision_run(&wanted.variables);
        let plan = match self.followed(&log, self.ports.provisioner.plan(&run, Goal::Defined, &log)).await {
            Ok(plan) => plan,
            Err(error) => return self.could_not_look(&mut entry, &log, &error).await.map(Some),
        };
        let found = noticed(plan.drift, &self.ports.platform.drift.ignore, &wanted.definition.spec.drift_ignore);
        let status = self.say_drift(&found).await?;
        if found.is_empty() || !correct {
            let message = describe(&found);
            self.close(&mut entry, &log, End::succeeded(message, ChangeSummary::default())).await?;
            return Ok(Some(status));
        }
        let begin = |operation: &mut crate::records::Operation| operation.kind = OperationKind::DriftCorrection;
        self.ports.journal.step(&mut entry, &format!("found {}; correct it", describe(&found)), begin).await?;
        if !self.ports.journal.keep_variables(self.tenant, self.operation, &wanted.variables).await? {
            return self.overtaken(&mut entry).await;
        }
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

    async fn say_drift(&self, found: &[DriftItem]) -> Result<Status, CommandError> {
        let now = self.ports.clock.now();
        let say = |status: &mut Status| {
            status.operation = Some(self.operation);
            let record = DriftRecord::after(status.drift.as_ref(), found.to_vec(), now);
            let (seen, confirmed) = (record.found.len(), record.confirmed());
            (status.drift, status.drift_suspected) = (Some(record), None);
            let generation = status.observed_generation;
            let mut say = Saying { status, now, generation };
            if seen == 0 {
                say.that(ConditionKind::Drifted, Truth::False, "AsApplied", "the cloud is what was applied");
            } else {
                let reason = if confirmed > 0 { "ChangedOutside" } else { "SeenOnce" };
                say.that(ConditionKind::Drifted, Truth::True, reason, describe(found));
            }
        };
        let status = self.settle(say).await?.value;
        let again = |finding: &&DriftFinding| finding.sightings == CONFIRMED;
        let confirmed = status.drift.iter().flat_map(|drift| &drift.found).filter(again).count();
        if confirmed > 0 {
            signals::drift_found(self.tenant, confirmed);
        }
        Ok(status)
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
