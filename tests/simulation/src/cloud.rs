//! A provisioner that works as Terraform does: a lock, a state saved by compare-and-swap, resources made one by one, and a
//! cloud that refuses what exists. Killed anywhere, it leaves what Terraform leaves.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use tenancy::digest::Digest;
use tenancy::operation::OperationId;
use tenancy::provision::{
    Applied, Change, ChangeAction, ChangeSummary, Diagnostic, DriftItem, Epoch, Goal, Guard, LockHolder, Plan,
    ProvisionError, Provisioner, ResourceAddress, Run, RunObserver, WorkspaceHead,
};
use tenancy::store::Generation;
use tenancy::tenant::TenantId;

use crate::gates::ProcessId;
use crate::world::{Broken, State, World};

/// The stateful one of a tenant's two resources.
pub(crate) const DATABASE: &str = "simulated_database.site";
/// The other one.
pub(crate) const SERVICE: &str = "simulated_service.site";

/// Resources by address.
pub(crate) type Resources = BTreeMap<&'static str, Value>;

/// Workspaces and resources of all tenants.
#[derive(Default)]
pub(crate) struct Cloud {
    pub(crate) resources: BTreeMap<TenantId, Resources>,
    pub(crate) workspaces: BTreeMap<TenantId, Workspace>,
    locks: BTreeMap<TenantId, OperationId>,
    generations: u64,
}

#[derive(Clone)]
pub(crate) struct Workspace {
    generation: u64,
    epoch: Epoch,
    state: Resources,
    placeholder: bool,
}

/// One process's provisioner.
pub(crate) struct SimulatedProvisioner {
    pub(crate) world: Arc<World>,
    pub(crate) process: ProcessId,
}

/// A run that holds its lock: what it read or saved last.
struct Held<'a> {
    _running: Running,
    provisioner: &'a SimulatedProvisioner,
    run: &'a Run,
    over: Option<u64>,
    state: Resources,
}

/// A run that goes on until it ends or its process dies.
struct Running {
    world: Arc<World>,
    tenant: TenantId,
    epoch: Epoch,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.world.lock().witness.run_ended(&self.tenant, self.epoch);
    }
}

/// What a run makes of its variables.
pub(crate) fn wanted(variables: &str) -> Resources {
    let variables: Value = serde_json::from_str(variables).unwrap_or_default();
    BTreeMap::from([(DATABASE, variables["database"].clone()), (SERVICE, variables)])
}

fn compare(have: &Resources, want: &Resources) -> ChangeSummary {
    let change = |address: &'static str| {
        let action = match (have.get(address), want.get(address)) {
            (None, Some(_)) => ChangeAction::Create,
            (Some(_), None) => ChangeAction::Delete,
            (Some(have), Some(want)) if have != want && address == DATABASE => ChangeAction::Replace,
            (Some(have), Some(want)) if have != want => ChangeAction::Update,
            _ => return None,
        };
        Some(Change { address: ResourceAddress::new(address), action })
    };
    [DATABASE, SERVICE].into_iter().filter_map(change).collect()
}

fn guarded(changes: &ChangeSummary) -> Vec<ResourceAddress> {
    let lost = |change: &&Change| {
        change.address.as_str() == DATABASE && matches!(change.action, ChangeAction::Replace | ChangeAction::Delete)
    };
    changes.changes().iter().filter(lost).map(|change| change.address.clone()).collect()
}

/// What an approval of these changes is given to: the changes and the values they are planned with.
fn approval(changes: &ChangeSummary, run: &Run) -> Option<Digest> {
    let (what, with) = (changes.digest(), run.variables.digest());
    (!guarded(changes).is_empty()).then(|| Digest::of_parts([what.as_bytes().as_slice(), with.as_bytes().as_slice()]))
}

fn refused(changes: &ChangeSummary) -> ProvisionError {
    let diagnostics = vec![Diagnostic { summary: "simulated".to_owned(), detail: String::new(), address: None }];
    ProvisionError::Failed { diagnostics, changes: changes.clone(), transient: true }
}

impl SimulatedProvisioner {
    async fn lock<'a>(&'a self, run: &'a Run) -> Result<Held<'a>, ProvisionError> {
        self.world.gate(self.process).await;
        let mut world = self.world.lock();
        let cloud = &mut world.witness.cloud;
        if let Some(holder) = cloud.locks.get(&run.tenant) {
            let lock = Generation::new(1).unwrap_or_else(|| unreachable!("one is not zero"));
            return Err(ProvisionError::Locked(LockHolder { who: holder.to_string(), since: String::new(), lock }));
        }
        let found = cloud.workspaces.get(&run.tenant);
        if found.is_some_and(|found| found.epoch > run.epoch) {
            return Err(ProvisionError::Fenced { operation: run.operation });
        }
        let (over, state) = (found.map(|found| found.generation), found.map(|found| found.state.clone()));
        cloud.locks.insert(run.tenant.clone(), run.operation);
        world.tell(format_args!("{:?} locks {} for {} under {}", self.process, run.tenant, run.operation, run.epoch));
        world.witness.run_began(&run.tenant, run.epoch);
        drop(world);
        let running = Running { world: Arc::clone(&self.world), tenant: run.tenant.clone(), epoch: run.epoch };
        Ok(Held { _running: running, provisioner: self, run, over, state: state.unwrap_or_default() })
    }

    /// One step of a run: time passes, the run may be cancelled, the cloud may refuse.
    async fn step(&self, run: &Run, changes: &ChangeSummary) -> Result<(), ProvisionError> {
        let world = Arc::clone(&self.world);
        tokio::select! {
            biased;
            () = run.cancel.cancelled() => {
                return Err(ProvisionError::Interrupted { changes: changes.clone() });
            }
            () = world.gate(self.process) => {}
        }
        let mut world = self.world.lock();
        let cloud = world.faults.cloud;
        if world.fault(cloud) { Err(refused(changes)) } else { Ok(()) }
    }
}

impl Held<'_> {
    fn change(&self, address: &'static str, value: Option<Value>) {
        let mut world = self.provisioner.world.lock();
        let (tenant, verb) = (&self.run.tenant, if value.is_some() { "makes" } else { "destroys" });
        world.tell(format_args!("{:?} {verb} {address} of {tenant}", self.provisioner.process));
        let fenced = world.witness.cloud.workspaces.get(tenant).is_some_and(|found| found.epoch > self.run.epoch);
        if fenced {
            world.witness.touched_while_fenced(tenant);
        }
        let resources = world.witness.cloud.resources.entry(tenant.clone()).or_default();
        match value {
            Some(value) => drop(resources.insert(address, value)),
            None => drop(resources.remove(address)),
        }
    }

    /// Saves over what was read or saved last, or learns that somebody took over.
    async fn save(&mut self) -> Result<(), ProvisionError> {
        self.provisioner.world.gate(self.provisioner.process).await;
        let mut world = self.provisioner.world.lock();
        let broken = world.broken == Broken::Fence;
        let (tenant, epoch) = (&self.run.tenant, self.run.epoch);
        let cloud = &mut world.witness.cloud;
        let live = cloud.workspaces.get(tenant).map(|found| found.generation);
        let locked = cloud.locks.get(tenant) == Some(&self.run.operation);
        if !broken && (live != self.over || (self.over.is_none() && !locked)) {
            return Err(ProvisionError::Fenced { operation: self.run.operation });
        }
        let generation = cloud.save(tenant, epoch, self.state.clone(), false);
        self.over = Some(generation);
        world.tell(format_args!("{:?} saves {tenant} under {epoch}", self.provisioner.process));
        world.saved(tenant, epoch);
        Ok(())
    }

    /// Gives the lock back, if it still is this run's.
    async fn unlock(self) {
        self.provisioner.world.gate(self.provisioner.process).await;
        self.provisioner.world.lock().witness.cloud.unlock(&self.run.tenant, self.run.operation);
    }

    async fn apply(&mut self, guard: Guard) -> Result<Applied, ProvisionError> {
        let want = wanted(self.run.variables.as_json());
        let real = self.provisioner.real(&self.run.tenant);
        // What was made and not saved is the tenant's own by its label, and adopted.
        let changes = compare(&real, &want);
        let lost = guarded(&changes);
        match guard {
            Guard::Protect if !lost.is_empty() => return Err(ProvisionError::Guarded { addresses: lost }),
            Guard::Approved(digest) if approval(&changes, self.run) != Some(digest) => {
                return Err(ProvisionError::NotApproved { now: approval(&changes, self.run) });
            }
            Guard::Protect | Guard::Approved(_) => {}
        }
        for (address, value) in want {
            let stepped = self.provisioner.step(self.run, &changes).await;
            if let Err(error) = stepped {
                self.save().await?;
                return Err(error);
            }
            self.change(address, Some(value.clone()));
            self.state.insert(address, value);
        }
        self.save().await?;
        let outputs: Map<String, Value> = Map::from_iter([("url".to_owned(), json!("https://site.example"))]);
        Ok(Applied { changes, outputs })
    }

    async fn destroy(&mut self) -> Result<ChangeSummary, ProvisionError> {
        let have = self.provisioner.real(&self.run.tenant);
        let changes = compare(&have, &Resources::new());
        for address in [SERVICE, DATABASE] {
            let stepped = self.provisioner.step(self.run, &changes).await;
            if let Err(error) = stepped {
                self.save().await?;
                return Err(error);
            }
            self.provisioner.world.lock().destroyed(&self.run.tenant, self.run.epoch);
            self.change(address, None);
            self.state.remove(address);
        }
        self.save().await?;
        self.provisioner.world.gate(self.provisioner.process).await;
        self.provisioner.world.lock().witness.cloud.workspaces.remove(&self.run.tenant);
        Ok(changes)
    }
}

impl SimulatedProvisioner {
    fn real(&self, tenant: &TenantId) -> Resources {
        self.world.lock().witness.cloud.resources.get(tenant).cloned().unwrap_or_default()
    }
}

impl Cloud {
    fn save(&mut self, tenant: &TenantId, epoch: Epoch, state: Resources, placeholder: bool) -> u64 {
        self.generations += 1;
        let generation = self.generations;
        self.workspaces.insert(tenant.clone(), Workspace { generation, epoch, state, placeholder });
        generation
    }

    fn unlock(&mut self, tenant: &TenantId, operation: OperationId) {
        if self.locks.get(tenant) == Some(&operation) {
            self.locks.remove(tenant);
        }
    }
}

impl State {
    /// Somebody with a console changes a tenant's service.
    pub(crate) fn change_outside(&mut self, tenant: &TenantId) {
        let Some(resources) = self.witness.cloud.resources.get_mut(tenant) else { return };
        if resources.contains_key(SERVICE) {
            resources.insert(SERVICE, json!({"changed": "by hand"}));
            self.tell(format_args!("somebody changes {SERVICE} of {tenant}"));
            self.witness.changed_outside(tenant);
        }
    }

    fn fence(&mut self, tenant: &TenantId, epoch: Epoch) {
        let cloud = &mut self.witness.cloud;
        let (state, placeholder) = match cloud.workspaces.get(tenant) {
            Some(found) if found.epoch >= epoch => return,
            Some(found) => (found.state.clone(), found.placeholder),
            None => (Resources::new(), true),
        };
        cloud.save(tenant, epoch, state, placeholder);
        self.saved(tenant, epoch);
    }
}

#[async_trait]
impl Provisioner for SimulatedProvisioner {
    fn platform_digest(&self) -> Digest {
        Digest::of(b"simulated")
    }

    async fn head(&self, tenant: &TenantId) -> Result<Option<WorkspaceHead>, ProvisionError> {
        self.world.gate(self.process).await;
        let world = self.world.lock();
        let found = world.witness.cloud.workspaces.get(tenant).filter(|found| !found.placeholder);
        Ok(found.and_then(|found| {
            Some(WorkspaceHead { state: Generation::new(found.generation)?, epoch: Some(found.epoch) })
        }))
    }

    async fn state(&self, tenant: &TenantId) -> Result<Option<Bytes>, ProvisionError> {
        self.world.gate(self.process).await;
        let world = self.world.lock();
        let found = world.witness.cloud.workspaces.get(tenant).filter(|found| !found.placeholder);
        Ok(found.map(|found| Bytes::from(json!(found.state).to_string())))
    }

    async fn plan(&self, run: &Run, goal: Goal, _: &dyn RunObserver) -> Result<Plan, ProvisionError> {
        self.step(run, &ChangeSummary::default()).await?;
        let want = if goal == Goal::Defined { wanted(run.variables.as_json()) } else { Resources::new() };
        let changes = compare(&self.real(&run.tenant), &want);
        let drift = changes.changes().iter().map(|change| DriftItem {
            address: change.address.clone(),
            action: change.action,
            attributes: std::iter::once("value".to_owned()).collect(),
        });
        let (drift, guarded, approval) = (drift.collect(), guarded(&changes), approval(&changes, run));
        Ok(Plan { changes, drift, guarded, approval })
    }

    async fn apply(&self, run: &Run, guard: Guard, _: &dyn RunObserver) -> Result<Applied, ProvisionError> {
        let mut held = self.lock(run).await?;
        let done = held.apply(guard).await;
        held.unlock().await;
        done
    }

    async fn destroy(&self, run: &Run, _: &dyn RunObserver) -> Result<ChangeSummary, ProvisionError> {
        let mut held = self.lock(run).await?;
        let done = held.destroy().await;
        held.unlock().await;
        done
    }

    async fn forget(&self, tenant: &TenantId, epoch: Epoch) -> Result<(), ProvisionError> {
        self.world.gate(self.process).await;
        let mut world = self.world.lock();
        let found = world.witness.cloud.workspaces.get(tenant);
        if found.is_some_and(|found| found.epoch > epoch) {
            let name = tenancy::records::RecordName::lease(tenant);
            return Err(ProvisionError::Store(tenancy::store::StoreError::PreconditionFailed { name }));
        }
        world.witness.cloud.workspaces.remove(tenant);
        Ok(())
    }

    async fn fence(&self, tenant: &TenantId, epoch: Epoch) -> Result<(), ProvisionError> {
        self.world.gate(self.process).await;
        self.world.lock().fence(tenant, epoch);
        Ok(())
    }

    async fn break_lock(&self, tenant: &TenantId, operation: OperationId) -> Result<(), ProvisionError> {
        self.world.gate(self.process).await;
        self.world.lock().witness.cloud.unlock(tenant, operation);
        Ok(())
    }
}
