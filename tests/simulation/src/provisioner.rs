//! A provisioner that works as Terraform does: a lock, a state saved by compare-and-swap, resources made one by one, and
//! what exists taken over. Killed anywhere, it leaves what Terraform leaves.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Map, json};
use tenancy::digest::Digest;
use tenancy::operation::OperationId;
use tenancy::provision::two_resources::{Resources, approval, compare, guarded, wanted};
use tenancy::provision::{
    Applied, ChangeSummary, Diagnostic, DriftItem, Epoch, Goal, Guard, LockHolder, Plan, ProvisionError, Provisioner,
    Run, RunObserver, WorkspaceHead,
};
use tenancy::records::RecordName;
use tenancy::store::{Generation, StoreError};
use tenancy::tenant::TenantId;

use crate::cloud::{Lock, Workspace};
use crate::gates::ProcessId;
use crate::running::Held;
use crate::tally::Happening;
use crate::world::World;

/// One process's provisioner.
pub(crate) struct SimulatedProvisioner {
    pub(crate) world: Arc<World>,
    pub(crate) process: ProcessId,
}

impl SimulatedProvisioner {
    /// A call to the state bucket: it takes time.
    pub(crate) async fn call(&self) {
        self.world.gate(self.process).await;
    }

    /// Takes a workspace's lock. One of an older lease is broken, once its run is fenced.
    async fn lock(&self, tenant: &TenantId, lock: Lock) -> Result<(), ProvisionError> {
        if self.try_lock(tenant, lock).await.is_ok() {
            return Ok(());
        }
        self.call().await;
        let found = self.world.lock().witness.cloud.locks.get(tenant).copied();
        let Some(found) = found.filter(|found| found.epoch < lock.epoch) else {
            return self.try_lock(tenant, lock).await;
        };
        self.fence(tenant, lock.epoch).await?;
        self.break_lock(tenant, found.operation).await?;
        self.try_lock(tenant, lock).await
    }

    async fn try_lock(&self, tenant: &TenantId, lock: Lock) -> Result<(), ProvisionError> {
        self.call().await;
        let mut world = self.world.lock();
        let locks = &mut world.witness.cloud.locks;
        if let Some(holder) = locks.get(tenant) {
            let who = holder.operation.to_string();
            let lock = Generation::new(1).unwrap_or_else(|| unreachable!("one is not zero"));
            return Err(ProvisionError::Locked(LockHolder { who, since: String::new(), lock }));
        }
        locks.insert(tenant.clone(), lock);
        world.tell(format_args!("{} locks {tenant} for {} under {}", self.process, lock.operation, lock.epoch));
        Ok(())
    }

    /// A run that holds its lock and has read its state.
    async fn begin<'a>(&'a self, run: &'a Run) -> Result<Held<'a>, ProvisionError> {
        self.lock(&run.tenant, Lock { operation: run.operation, epoch: run.epoch }).await?;
        self.call().await;
        let held = Held::read(self, run).await;
        if held.is_err() {
            self.world.lock().witness.cloud.unlock(&run.tenant, run.operation);
        }
        held
    }

    /// One step of a run: time passes, the run may be cancelled, the cloud may refuse.
    pub(crate) async fn step(&self, run: &Run, changes: &ChangeSummary) -> Result<(), ProvisionError> {
        tokio::select! {
            biased;
            () = run.cancel.cancelled() => {
                return Err(ProvisionError::Interrupted { changes: changes.clone() });
            }
            () = self.call() => {}
        }
        let mut world = self.world.lock();
        let chance = world.faults.cloud;
        if !world.fault(Happening::RefusedByCloud, chance) {
            return Ok(());
        }
        let diagnostics = vec![Diagnostic { summary: "simulated".to_owned(), detail: String::new(), address: None }];
        Err(ProvisionError::Failed { diagnostics, changes: changes.clone(), transient: true })
    }

    /// A workspace as its state object says.
    pub(crate) fn workspace(&self, tenant: &TenantId) -> Option<Workspace> {
        self.world.lock().witness.cloud.workspaces.get(tenant).cloned()
    }

    async fn unlock(&self, tenant: &TenantId, operation: OperationId) {
        self.call().await;
        self.world.lock().witness.cloud.unlock(tenant, operation);
    }
}

fn taken_over(tenant: &TenantId) -> ProvisionError {
    ProvisionError::Store(StoreError::PreconditionFailed { name: RecordName::lease(tenant) })
}

#[async_trait]
impl Provisioner for SimulatedProvisioner {
    fn platform_digest(&self) -> Digest {
        Digest::of(b"simulated")
    }

    async fn head(&self, tenant: &TenantId) -> Result<Option<WorkspaceHead>, ProvisionError> {
        self.call().await;
        let found = self.workspace(tenant).filter(|found| !found.placeholder);
        Ok(found.and_then(|found| {
            Some(WorkspaceHead { state: Generation::new(found.generation)?, epoch: Some(found.epoch) })
        }))
    }

    async fn state(&self, tenant: &TenantId) -> Result<Option<Bytes>, ProvisionError> {
        self.call().await;
        let found = self.workspace(tenant).filter(|found| !found.placeholder);
        Ok(found.map(|found| Bytes::from(json!(found.state).to_string())))
    }

    async fn plan(&self, run: &Run, goal: Goal, _: &dyn RunObserver) -> Result<Plan, ProvisionError> {
        self.step(run, &ChangeSummary::default()).await?;
        let want = if goal == Goal::Defined { wanted(run) } else { Resources::new() };
        let changes = compare(&self.world.lock().witness.cloud.real(&run.tenant), &want);
        let drift = changes.changes().iter().map(|change| DriftItem {
            address: change.address.clone(),
            action: change.action,
            attributes: std::iter::once("value".to_owned()).collect(),
        });
        let (drift, guarded, approval) = (drift.collect(), guarded(&changes), approval(&changes, run));
        Ok(Plan { changes, drift, guarded, approval })
    }

    async fn apply(&self, run: &Run, guard: Guard, _: &dyn RunObserver) -> Result<Applied, ProvisionError> {
        let mut held = self.begin(run).await?;
        let done = held.apply(guard).await;
        drop(held);
        self.unlock(&run.tenant, run.operation).await;
        let changes = done?;
        let database = format!("projects/simulated/instances/shared-1/databases/wp-{}", run.tenant);
        let outputs = [("url", json!("https://site.example")), ("database", json!(database))];
        let outputs: Map<_, _> = outputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Ok(Applied { changes, outputs })
    }

    async fn destroy(&self, run: &Run, _: &dyn RunObserver) -> Result<ChangeSummary, ProvisionError> {
        self.call().await;
        match self.workspace(&run.tenant) {
            None => return Ok(ChangeSummary::default()),
            Some(found) if found.epoch > run.epoch => {
                return Err(ProvisionError::Fenced { operation: run.operation });
            }
            Some(found) if found.placeholder => {
                self.call().await;
                let deleted = self.world.lock().witness.cloud.delete(&run.tenant, Some(found.generation));
                return if deleted { Ok(ChangeSummary::default()) } else { Err(taken_over(&run.tenant)) };
            }
            Some(_) => {}
        }
        let mut held = self.begin(run).await?;
        let done = held.destroy().await;
        drop(held);
        self.unlock(&run.tenant, run.operation).await;
        done
    }

    async fn forget(&self, tenant: &TenantId, operation: OperationId, epoch: Epoch) -> Result<(), ProvisionError> {
        self.lock(tenant, Lock { operation, epoch }).await?;
        self.call().await;
        let found = self.workspace(tenant);
        let fenced = found.as_ref().is_some_and(|found| found.epoch > epoch);
        self.call().await;
        let deleted = !fenced && self.world.lock().witness.cloud.delete(tenant, found.map(|found| found.generation));
        self.unlock(tenant, operation).await;
        if deleted { Ok(()) } else { Err(taken_over(tenant)) }
    }

    async fn fence(&self, tenant: &TenantId, epoch: Epoch) -> Result<(), ProvisionError> {
        self.call().await;
        let fenced = self.world.lock().fence(tenant, epoch);
        if fenced { Ok(()) } else { Err(taken_over(tenant)) }
    }

    async fn break_lock(&self, tenant: &TenantId, operation: OperationId) -> Result<(), ProvisionError> {
        self.unlock(tenant, operation).await;
        Ok(())
    }
}
