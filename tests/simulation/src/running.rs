//! A run under way: one change after the other, then its state saved over what it read, or its process dies in between.

use std::sync::Arc;

use tenancy::provision::two_resources::{DATABASE, Resources, SERVICE, approval, compare, guarded, wanted};
use tenancy::provision::{ChangeAction, ChangeSummary, Epoch, Guard, ProvisionError, Run};
use tenancy::tenant::TenantId;

use crate::broken::Broken;
use crate::gates::ProcessId;
use crate::provisioner::SimulatedProvisioner;
use crate::world::World;

/// A run that holds its lock: what it read or saved last.
pub(crate) struct Held<'a> {
    provisioner: &'a SimulatedProvisioner,
    run: &'a Run,
    over: Option<u64>,
    state: Resources,
    _running: Running,
}

/// To the witness, a run goes on until it ends or its process dies.
struct Running {
    world: Arc<World>,
    process: ProcessId,
    tenant: TenantId,
    epoch: Epoch,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut world = self.world.lock();
        world.witness.run_ended(&self.tenant, self.epoch);
        if let Some(at) = world.running.iter().position(|process| *process == self.process) {
            world.running.swap_remove(at);
        }
    }
}

impl<'a> Held<'a> {
    /// Reads the state, if this run may still have it.
    pub(crate) async fn read(provisioner: &'a SimulatedProvisioner, run: &'a Run) -> Result<Self, ProvisionError> {
        let found = provisioner.workspace(&run.tenant);
        let is_ours = found.is_some() || run.lease.is_still_ours().await?;
        let mut world = provisioner.world.lock();
        if !is_ours || found.as_ref().is_some_and(|found| found.epoch > run.epoch) {
            return Err(ProvisionError::Fenced { operation: run.operation });
        }
        world.witness.run_began(&run.tenant, run.epoch);
        world.running.push(provisioner.process);
        let running = Running {
            world: Arc::clone(&provisioner.world),
            process: provisioner.process,
            tenant: run.tenant.clone(),
            epoch: run.epoch,
        };
        let (over, state) = found.map(|found| (found.generation, found.state)).unzip();
        Ok(Self { provisioner, run, over, state: state.unwrap_or_default(), _running: running })
    }

    /// Makes what is wanted. What exists and no state knows of is the tenant's own, by its label, and taken over.
    pub(crate) async fn apply(&mut self, guard: Guard) -> Result<ChangeSummary, ProvisionError> {
        let want = wanted(self.run);
        let changes = compare(&self.real(), &want);
        let lost = guarded(&changes);
        match guard {
            Guard::Protect if !lost.is_empty() => return Err(ProvisionError::Guarded { addresses: lost }),
            Guard::Approved(digest) if approval(&changes, self.run) != Some(digest) => {
                return Err(ProvisionError::NotApproved { now: approval(&changes, self.run) });
            }
            Guard::Approved(digest) => self.provisioner.world.lock().replaces(&self.run.tenant, digest),
            Guard::Protect => {}
        }
        for change in changes.changes().iter().filter(|change| change.action == ChangeAction::Replace) {
            debug_assert_eq!(change.address.as_str(), DATABASE);
            self.change(DATABASE, None, &changes).await?;
        }
        for address in [DATABASE, SERVICE] {
            self.change(address, want.get(address), &changes).await?;
        }
        self.save().await?;
        Ok(changes)
    }

    /// Destroys what the state knows of, then the state.
    pub(crate) async fn destroy(&mut self) -> Result<ChangeSummary, ProvisionError> {
        let changes = compare(&self.state, &Resources::new());
        for address in [SERVICE, DATABASE] {
            if self.state.contains_key(address) {
                self.provisioner.world.lock().destroys(&self.run.tenant, self.run.epoch);
                self.change(address, None, &changes).await?;
            }
        }
        self.save().await?;
        self.provisioner.call().await;
        if self.provisioner.world.lock().witness.cloud.delete(&self.run.tenant, self.over) {
            return Ok(changes);
        }
        Err(ProvisionError::Fenced { operation: self.run.operation })
    }

    fn real(&self) -> Resources {
        self.provisioner.world.lock().witness.cloud.real(&self.run.tenant)
    }

    /// Makes a resource, or destroys it. A run that is refused or interrupted saves what it did.
    async fn change(
        &mut self,
        address: &'static str,
        value: Option<&serde_json::Value>,
        changes: &ChangeSummary,
    ) -> Result<(), ProvisionError> {
        if let Err(error) = self.provisioner.step(self.run, changes).await {
            self.save().await?;
            return Err(error);
        }
        let mut world = self.provisioner.world.lock();
        let (tenant, verb) = (&self.run.tenant, if value.is_some() { "makes" } else { "destroys" });
        world.tell(format_args!("{} {verb} {address} of {tenant}", self.provisioner.process));
        world.witness.touched(tenant, self.run.epoch);
        let resources = world.witness.cloud.resources.entry(tenant.clone()).or_default();
        for resources in [resources, &mut self.state] {
            match value {
                Some(value) => drop(resources.insert(address, value.clone())),
                None => drop(resources.remove(address)),
            }
        }
        Ok(())
    }

    /// Saves over what was read or saved last, or learns that somebody took over.
    async fn save(&mut self) -> Result<(), ProvisionError> {
        self.provisioner.call().await;
        let mut world = self.provisioner.world.lock();
        let (tenant, epoch) = (&self.run.tenant, self.run.epoch);
        let cloud = &mut world.witness.cloud;
        let live = cloud.workspaces.get(tenant).map(|found| found.generation);
        // A first state has no generation to be compared with: whoever took over has also removed our lock.
        let ours = live == self.over && (self.over.is_some() || cloud.holds(tenant, self.run.operation));
        if !ours && world.broken != Broken::Fence {
            return Err(ProvisionError::Fenced { operation: self.run.operation });
        }
        self.over = Some(world.witness.cloud.save(tenant, epoch, self.state.clone(), false));
        world.tell(format_args!("{} saves {tenant} under {epoch}", self.provisioner.process));
        world.saved(tenant, epoch);
        Ok(())
    }
}
