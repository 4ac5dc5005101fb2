//! Before a tenant is destroyed: what no state knows of is looked for, what will go is written down, the last definition
//! and state are kept, and the database is exported.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::observe::{Observation, ObservedDefinition};
use super::super::watch::RunLog;
use super::Work;
use crate::exports::{DatabaseName, ExportError, ExportJob, ExportRequest, Progress};
use crate::provision::{ChangeSummary, Goal, Guard, ProvisionError, ResourceAddress, Run};
use crate::records::{Burial, Entry, ExportRecord, LastDefinition, Status, StoredDefinition};
use crate::store::StoreError;
use crate::tenant::parse_named;
use crate::tenants::CommandError;

/// Between two looks at an export.
const POLL: Duration = Duration::from_secs(5);

/// Why a tenant is not destroyed now.
pub(super) enum Unburied {
    /// A run did not go as it should.
    Run(ProvisionError),
    /// An earlier run made these, no state knows of them, and they are not as any variables at hand would have them.
    NotTakenOver(Vec<ResourceAddress>),
    /// There is no export, and nobody said to do without.
    Export(ExportError),
    /// The stores did not do what was asked.
    Store(CommandError),
}

impl From<StoreError> for Unburied {
    fn from(error: StoreError) -> Self {
        Self::Store(error.into())
    }
}

impl From<CommandError> for Unburied {
    fn from(error: CommandError) -> Self {
        Self::Store(error)
    }
}

impl From<ProvisionError> for Unburied {
    fn from(error: ProvisionError) -> Self {
        Self::Run(error)
    }
}

impl Work<'_> {
    /// Everything that must be so before the tenant's resources are destroyed.
    pub(super) async fn bury(
        &self,
        entry: &mut Entry,
        observation: &Observation,
        run: &Run,
        log: &RunLog,
    ) -> Result<(), Unburied> {
        let status = observation.status.as_ref().map(|status| &status.value);
        let forced = status.is_some_and(|status| status.deletion.as_ref().is_some_and(|deletion| deletion.force));
        if status.is_some_and(|status| status.unsaved) && !forced {
            self.look_for_unsaved(entry, run, log).await?;
        }
        let changes = self.ports.provisioner.plan(run, Goal::Destroyed, log).await?.changes;
        let export = if forced { None } else { self.export(entry, status).await? };
        self.keep_last_words(observation, changes, export).await?;
        Ok(())
    }

    /// The record, the definition and the state of a tenant that is deleted or forgotten.
    pub(super) async fn keep_last_words(
        &self,
        observation: &Observation,
        changes: ChangeSummary,
        export: Option<String>,
    ) -> Result<(), Unburied> {
        let definition = self.last_definition(observation).await?;
        let state = self.ports.provisioner.state(self.tenant).await?;
        let status = observation.status.as_ref().map(|status| &status.value);
        let asked = status.and_then(|status| status.deletion.as_ref()).map(|deletion| deletion.by.clone());
        let burial = Burial {
            tenant: self.tenant.clone(),
            operation: self.operation,
            at: self.ports.clock.now(),
            principal: asked.unwrap_or_else(|| self.caller.principal.clone()),
            trigger: self.caller.trigger,
            changes,
            definition: None,
            export,
        };
        Ok(self.ports.graveyard.bury(burial, definition, state).await?)
    }

    /// A run died between making something and saving its state: one more run takes that over, so that it is destroyed too.
    /// What cannot be made even now was not made then.
    async fn look_for_unsaved(&self, entry: &mut Entry, run: &Run, log: &RunLog) -> Result<(), Unburied> {
        let step = "an earlier run may have made what no state knows of: apply once more, so that it is destroyed too";
        self.ports.journal.step(entry, step, |_| {}).await?;
        match self.take_over(run, log).await {
            Ok(()) => {}
            Err(Unburied::Run(error @ ProvisionError::Failed { transient: false, .. })) => {
                tracing::warn!(%error, "what an earlier run may have left was looked for as far as possible");
            }
            Err(error) => return Err(error),
        }
        self.settle(|status| status.unsaved = false).await?;
        Ok(())
    }

    /// Takes over what is there. What would have to be replaced was made with other variables than the last: then with those.
    async fn take_over(&self, run: &Run, log: &RunLog) -> Result<(), Unburied> {
        let apply =
            async |run: &Run| match self.followed(log, self.ports.provisioner.apply(run, Guard::Protect, log)).await {
                Ok(_) => Ok(None),
                Err(ProvisionError::Guarded { addresses }) => Ok(Some(addresses)),
                Err(error) => Err(error),
            };
        let Some(addresses) = apply(run).await? else { return Ok(()) };
        let mut tried = BTreeSet::from([run.variables.digest()]);
        for operation in self.ports.journal.with_variables(self.tenant).await? {
            let Some(variables) = self.ports.journal.variables(self.tenant, operation).await? else { continue };
            if tried.insert(variables.digest()) && apply(&Run { variables, ..run.clone() }).await?.is_none() {
                return Ok(());
            }
        }
        Err(Unburied::NotTakenOver(addresses))
    }

    /// Where the database's export lies. One that was begun for this deletion is looked after, not begun again: by now the
    /// database may be gone.
    async fn export(&self, entry: &mut Entry, status: Option<&Status>) -> Result<Option<String>, Unburied> {
        let database: Option<DatabaseName> = status
            .and_then(|status| status.outputs.get("database")?.as_str())
            .and_then(|database| database.parse().ok());
        let Some(database) = database else { return Ok(None) };
        let begun = match status.and_then(|status| status.export.clone()) {
            Some(ExportRecord { job, finished: true }) => return Ok(Some(job.uri)),
            Some(ExportRecord { job, finished: false }) => job,
            None => {
                self.ports.journal.step(entry, &format!("export {database}"), |_| {}).await?;
                let (tenant, operation) = (self.tenant.clone(), self.operation);
                let request = ExportRequest { tenant, operation, database: database.clone() };
                let job = self.ports.exports.begin(&request).await.map_err(Unburied::Export)?;
                self.say_export(Some(ExportRecord { job: job.clone(), finished: false })).await?;
                job
            }
        };
        self.exported(&database, &begun).await?;
        self.say_export(Some(ExportRecord { job: begun.clone(), finished: true })).await?;
        Ok(Some(begun.uri))
    }

    async fn exported(&self, database: &DatabaseName, job: &ExportJob) -> Result<(), Unburied> {
        let limit = jiff::SignedDuration::from_secs(self.ports.platform.limits.run_seconds.cast_signed());
        let deadline = self.ports.clock.now().saturating_add(limit).unwrap_or(jiff::Timestamp::MAX);
        loop {
            match self.ports.exports.progress(database, job).await {
                Ok(Progress::Done) => return Ok(()),
                Ok(Progress::Running) if self.ports.clock.now() >= deadline => {
                    let reason = format!("it still runs ({}); it is looked after again", job.job);
                    return Err(Unburied::Export(ExportError::Later { reason }));
                }
                Ok(Progress::Running) => {}
                Err(error @ ExportError::Failed { .. }) => {
                    self.say_export(None).await?;
                    return Err(Unburied::Export(error));
                }
                Err(error) => return Err(Unburied::Export(error)),
            }
            tokio::select! {
                biased;
                () = self.tenure.cancel.cancelled() => {
                    let changes = ChangeSummary::default();
                    return Err(ProvisionError::Interrupted { changes }.into());
                }
                () = self.ports.clock.sleep(POLL) => {}
            }
        }
    }

    async fn say_export(&self, export: Option<ExportRecord>) -> Result<(), Unburied> {
        self.settle(|status| status.export.clone_from(&export)).await?;
        Ok(())
    }

    /// The newest definition that could be used, the one that is there if it can. What was refused is not kept: it may hold a
    /// plain secret, and would be refused again.
    async fn last_definition(&self, observation: &Observation) -> Result<Option<LastDefinition>, StoreError> {
        let kept = match &observation.definition {
            ObservedDefinition::Valid(wanted) => vec![wanted.stored.clone()],
            ObservedDefinition::Invalid(..) | ObservedDefinition::Absent | ObservedDefinition::Conflict(_) => {
                self.ports.definitions.generations(self.tenant).await?
            }
        };
        for stored in kept {
            let Some(source) = self.ports.definitions.source(&stored).await? else { continue };
            let StoredDefinition { object, generation, .. } = stored;
            if parse_named(&source, object.format, &object.tenant).is_ok() {
                return Ok(Some(LastDefinition { format: object.format, generation, source }));
            }
        }
        Ok(None)
    }
}
