//! Commands: what people and programs ask for. Each writes what should be under a precondition, then lets the reconciler
//! make it so; there is no other path to a change.

mod approve;
mod create;
mod delete;
mod preview;
mod undelete;
mod update;
mod upgrade_plugins;

use std::sync::Arc;

use bytes::Bytes;

use super::{Answer, Caller, CommandError, DefinitionView, Submission, TenantView, Wait};
use crate::platform::Platform;
use crate::reconcile::{Insist, Reconciled, Reconciler, decisions, enqueue, occupancy};
use crate::records::{DefinitionHead, Operation, OperationKind, Phase, Status, StoredDefinition};
use crate::render::{self, Rendered};
use crate::store::{Generation, Versioned};
use crate::tasks::{Priority, Task, Tasks};
use crate::tenant::{self, Definition, Format, TenantId};

/// Carries out commands.
#[derive(Clone)]
pub struct Commands {
    reconciler: Reconciler,
    tasks: Arc<dyn Tasks>,
}

impl Commands {
    /// Commands that reconcile here, and hand on what the caller does not wait for.
    pub fn new(reconciler: Reconciler, tasks: Arc<dyn Tasks>) -> Self {
        Self { reconciler, tasks }
    }

    fn platform(&self) -> &Platform {
        &self.reconciler.ports().platform
    }

    /// What a submission says, with every problem it has in itself.
    fn read(submission: &Submission) -> Result<Definition, CommandError> {
        tenant::parse(&submission.source, submission.format).map_err(CommandError::Invalid)
    }

    /// The text that is stored in an object of this format: as it was submitted, unless that reads otherwise there.
    fn text(submission: &Submission, definition: &Definition, format: Format) -> Result<Bytes, CommandError> {
        tenant::rewrite(&submission.source, submission.format, definition, format).map_err(|error| {
            CommandError::Misconfigured(format!("a definition cannot be written as {format:?}: {error}"))
        })
    }

    /// What it renders to for a tenant of this status, with every problem the platform has with it.
    async fn rendered(
        &self,
        definition: &Definition,
        status: Option<&Versioned<Status>>,
    ) -> Result<Rendered, CommandError> {
        let (platform, recorded) = (self.platform(), status.and_then(|status| status.value.placement.as_ref()));
        let occupancy = occupancy(&self.reconciler.ports().statuses, platform, recorded).await?;
        let decisions = decisions(status);
        render::render(definition, platform, recorded, &occupancy, &decisions).map_err(CommandError::Invalid)
    }

    async fn look(
        &self,
        tenant: &TenantId,
    ) -> Result<(Option<StoredDefinition>, Option<Versioned<Status>>), CommandError> {
        let ports = self.reconciler.ports();
        let (head, status) = tokio::try_join!(ports.definitions.head(tenant), ports.statuses.read(tenant))?;
        match head {
            DefinitionHead::Absent => Ok((None, status)),
            DefinitionHead::Present(stored) => Ok((Some(stored), status)),
            DefinitionHead::Conflict(names) => Err(CommandError::Conflict { names }),
        }
    }

    /// What should be is written; make it so, or hand it on.
    async fn follow_up(
        &self,
        caller: &Caller,
        tenant: &TenantId,
        wait: Wait,
        intent: Intent,
    ) -> Result<Answer, CommandError> {
        if wait == Wait::No {
            return self.hand_on(caller, tenant, intent).await;
        }
        match self.reconciler.reconcile(caller, tenant, Insist::Yes).await {
            Ok(Reconciled { definition: Some(definition), status, operation, .. }) => {
                let tenant = TenantView { tenant: tenant.clone(), definition: Some(definition), status };
                Ok(Answer { tenant, operation, finished: true })
            }
            Ok(Reconciled { operation, .. }) => {
                Ok(Answer { tenant: self.view(tenant).await?, operation, finished: true })
            }
            // Somebody else works on it: what was asked for stands, and is done after that.
            Err(CommandError::Busy { .. }) => self.hand_on(caller, tenant, intent).await,
            // Another process goes on from there: the caller can follow that.
            Err(error @ CommandError::Interrupted { .. }) => {
                self.hand_on(caller, tenant, intent).await.map_err(|_| error)
            }
            Err(error) => Err(error),
        }
    }

    /// Writes down an operation to follow and hands its tenant on.
    async fn hand_on(&self, caller: &Caller, tenant: &TenantId, intent: Intent) -> Result<Answer, CommandError> {
        let ports = self.reconciler.ports();
        let now = ports.clock.now();
        let id = ports.ids.next(now);
        let mut operation = Operation::new(id, tenant.clone(), intent.kind, now);
        operation.principal = caller.principal.clone();
        operation.trigger = caller.trigger;
        operation.trace = caller.trace.map(|context| context.trace);
        operation.definition_generation = intent.generation;
        let waits = enqueue(ports, operation).await?;
        self.tasks.hand_out(Task::new(tenant.clone(), Priority::Change).after(caller.trace)).await?;
        Ok(Answer { tenant: self.view(tenant).await?, operation: Some(waits), finished: false })
    }

    async fn view(&self, tenant: &TenantId) -> Result<TenantView, CommandError> {
        let ports = self.reconciler.ports();
        let (stored, status) = self.look(tenant).await?;
        let definition = match stored {
            None => None,
            Some(stored) => ports.definitions.source(&stored).await?.map(|source| DefinitionView {
                source,
                format: stored.object.format,
                generation: stored.generation,
                updated: stored.updated,
            }),
        };
        Ok(TenantView { tenant: tenant.clone(), definition, status: status.map(|status| status.value) })
    }
}

/// What a handed-on operation is for.
#[derive(Debug, Clone, Copy)]
struct Intent {
    kind: OperationKind,
    generation: Option<Generation>,
}

/// Whether a status speaks of resources, or of a tenant that is on its way.
fn is_known(status: Option<&Versioned<Status>>) -> bool {
    status.is_some_and(|status| {
        let status = &status.value;
        status.applied.is_some() || status.in_doubt || status.phase != Phase::Pending
    })
}
