//! What a command would do: planned, nothing changed, nothing stored.

use std::sync::Arc;
use std::time::Duration;

use super::super::{Caller, CommandError, IfMatch, Preview, Submission};
use super::Commands;
use super::update::must_match;
use crate::provision::{
    ChangeSummary, Epoch, Goal, NoLease, Plan, ProvisionError, Run, RunEvent, RunObserver, Variables,
};
use crate::tenant::{DeletionPolicy, TenantId};

/// A preview is answered in the request and kept nowhere.
struct Unheard;

impl RunObserver for Unheard {
    fn event(&self, _: RunEvent) {}
}

impl Commands {
    /// What [`Self::create`] would do.
    pub async fn preview_create(&self, caller: &Caller, submission: &Submission) -> Result<Preview, CommandError> {
        let definition = Self::read(submission)?;
        let variables = self.rendered(&definition, None).await?.variables;
        let tenant = definition.metadata.name;
        let _admitted = self.reconciler.admit(caller, &tenant)?;
        self.must_be_new(&tenant).await?;
        self.preview(&tenant, variables).await
    }

    /// What [`Self::update`] would do.
    pub async fn preview_update(
        &self,
        caller: &Caller,
        tenant: &TenantId,
        submission: &Submission,
        if_match: IfMatch,
    ) -> Result<Preview, CommandError> {
        let definition = Self::read_for(tenant, submission)?;
        let _admitted = self.reconciler.admit(caller, tenant)?;
        let (stored, status) = self.look(tenant).await?;
        let variables = self.rendered(&definition, status.as_ref()).await?.variables;
        match &stored {
            Some(stored) => must_match(stored, if_match)?,
            None if super::is_known(status.as_ref()) && if_match == IfMatch::Any => {}
            None => return Err(CommandError::NotFound(tenant.clone())),
        }
        self.preview(tenant, variables).await
    }

    /// What [`Self::delete`] would do.
    pub async fn preview_delete(
        &self,
        caller: &Caller,
        tenant: &TenantId,
        if_match: IfMatch,
    ) -> Result<Preview, CommandError> {
        let _admitted = self.reconciler.admit(caller, tenant)?;
        let (_, terms) = self.deletable(tenant, if_match).await?;
        let ports = self.reconciler.ports();
        let ran = ports.statuses.read(tenant).await?.and_then(|status| status.value.variables);
        let variables = match ran {
            Some(operation) if terms.policy == DeletionPolicy::Delete => {
                ports.journal.variables(tenant, operation).await?
            }
            _ => None,
        };
        let changes = match variables {
            Some(variables) => self.plan(tenant, variables, Goal::Destroyed).await?.changes,
            None => ChangeSummary::default(),
        };
        Ok(Preview { tenant: tenant.clone(), changes, held: false, approval: None })
    }

    async fn preview(&self, tenant: &TenantId, variables: Variables) -> Result<Preview, CommandError> {
        let plan = self.plan(tenant, variables, Goal::Defined).await?;
        Ok(Preview {
            tenant: tenant.clone(),
            held: !plan.guarded.is_empty(),
            changes: plan.changes,
            approval: plan.approval,
        })
    }

    async fn plan(&self, tenant: &TenantId, variables: Variables, goal: Goal) -> Result<Plan, CommandError> {
        let ports = self.reconciler.ports();
        let operation = ports.ids.next(ports.clock.now());
        let run = Run {
            tenant: tenant.clone(),
            operation,
            // Never saved under: a plan's state is read-only.
            epoch: Epoch(0),
            lease: Arc::new(NoLease),
            variables,
            deadline: Duration::from_secs(ports.platform.limits.run_seconds),
            cancel: ports.shutdown.child_token(),
        };
        ports.provisioner.plan(&run, goal, &Unheard).await.map_err(|error| match error {
            ProvisionError::Store(error) => CommandError::Store(error),
            ProvisionError::Misconfigured(message) => CommandError::Misconfigured(message),
            ProvisionError::Locked(holder) => CommandError::Locked(holder),
            ProvisionError::Interrupted { .. } if ports.shutdown.is_cancelled() => {
                CommandError::Interrupted { operation, retry_after: Duration::from_secs(5) }
            }
            other => {
                let message = other.to_string();
                let retried = false;
                let diagnostics = match other {
                    ProvisionError::Failed { diagnostics, .. } => diagnostics,
                    _ => Vec::new(),
                };
                CommandError::Failed { message, diagnostics, operation, retried }
            }
        })
    }
}
