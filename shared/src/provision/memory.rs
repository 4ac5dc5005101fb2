//! A provisioner whose cloud is in memory: for tests of everything above the port. It keeps the promises of the port
//! (guard, fence, lock, a failed run that did half), and counts what must never happen.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Value, json};

use super::two_resources::{Resources, SERVICE, approval, compare, guarded, wanted};
use super::{
    Applied, ChangeSummary, Diagnostic, DriftItem, Epoch, Goal, Guard, Plan, ProvisionError, Provisioner, Run,
    RunEvent, RunObserver, WorkspaceHead,
};
use crate::clock::Clock;
use crate::digest::Digest;
use crate::operation::OperationId;
use crate::store::Generation;
use crate::tenant::TenantId;

/// In a service: the module that made it.
pub const MODULE: &str = "module";

/// The provisioner and its cloud. Cloning shares both.
#[derive(Clone)]
pub struct MemoryProvisioner {
    shared: Arc<Mutex<Cloud>>,
    clock: Arc<dyn Clock>,
    /// Its own module; otherwise the cloud's newest.
    module: Option<u64>,
}

#[derive(Default)]
struct Cloud {
    resources: HashMap<TenantId, Resources>,
    workspaces: HashMap<TenantId, Workspace>,
    running: HashSet<TenantId>,
    faults: Vec<Fault>,
    took: Duration,
    runs: usize,
    overlaps: usize,
    saves: u64,
    module: u64,
    broken: Option<Broken>,
}

/// Whether what a run makes with a module never serves.
type Broken = Arc<dyn Fn(&Run, Digest) -> bool + Send + Sync>;

#[derive(Clone, Copy)]
struct Workspace {
    generation: u64,
    epoch: Epoch,
    /// It knows the tenant's resources: what no state knows of is not destroyed.
    has_state: bool,
}

/// Something that goes wrong in the next run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The cloud refuses, after half of the work.
    Refused,
    /// What was made never serves.
    NotServing,
}

impl MemoryProvisioner {
    /// An empty cloud.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { shared: Arc::default(), clock, module: None }
    }

    /// Each run takes this long.
    pub fn runs_take(&self, duration: Duration) {
        self.cloud().took = duration;
    }

    /// The next run that changes something meets this; called twice, the next two.
    pub fn fail_next(&self, fault: Fault) {
        self.cloud().faults.push(fault);
    }

    /// From now on nothing serves that a run of this kind made.
    pub fn breaks_where(&self, broken: impl Fn(&Run, Digest) -> bool + Send + Sync + 'static) {
        self.cloud().broken = Some(Arc::new(broken));
    }

    /// Somebody changes the tenant's service behind our back.
    pub fn change_service(&self, tenant: &TenantId) {
        if let Some(resources) = self.cloud().resources.get_mut(tenant) {
            resources.insert(SERVICE, json!({"changed": "by hand"}));
        }
    }

    /// The module is of another release from now on, but for who [keeps](Self::keeping_its_module) one.
    pub fn release_module(&self) {
        self.cloud().module += 1;
    }

    /// A worker of the same cloud whose module stays the one of now, whatever is released.
    #[must_use]
    pub fn keeping_its_module(&self) -> Self {
        Self { module: Some(self.module()), ..self.clone() }
    }

    /// What a tenant has, by address.
    pub fn resources(&self, tenant: &TenantId) -> Resources {
        self.cloud().resources.get(tenant).cloned().unwrap_or_default()
    }

    /// Runs that changed or would have changed something so far.
    pub fn runs(&self) -> usize {
        self.cloud().runs
    }

    /// How often a run began while another was under way on the same tenant. Must stay zero.
    pub fn overlaps(&self) -> usize {
        self.cloud().overlaps
    }

    fn module(&self) -> u64 {
        self.module.unwrap_or_else(|| self.cloud().module)
    }

    /// What a run makes: the service says which module made it.
    fn wanted(&self, run: &Run) -> Resources {
        let mut wanted = wanted(run);
        if let Some(Value::Object(service)) = wanted.get_mut(SERVICE) {
            service.insert(MODULE.to_owned(), self.module().into());
        }
        wanted
    }

    fn cloud(&self) -> MutexGuard<'_, Cloud> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn begin(&self, run: &Run, observer: &dyn RunObserver) -> Result<Option<Fault>, ProvisionError> {
        let (took, fault) = {
            let mut cloud = self.cloud();
            cloud.runs += 1;
            if !cloud.running.insert(run.tenant.clone()) {
                cloud.overlaps += 1;
            }
            let fault = if cloud.faults.is_empty() { None } else { Some(cloud.faults.remove(0)) };
            (cloud.took, fault)
        };
        observer.event(RunEvent::Log("begun".to_owned()));
        let known = self.cloud().workspaces.contains_key(&run.tenant);
        if !known && !run.lease.is_still_ours().await? {
            self.cloud().running.remove(&run.tenant);
            return Err(ProvisionError::Fenced { operation: run.operation });
        }
        tokio::select! {
            biased;
            () = self.clock.sleep(took) => return Ok(fault),
            () = self.clock.sleep(run.deadline) => {}
            () = run.cancel.cancelled() => {}
        }
        self.cloud().running.remove(&run.tenant);
        Err(ProvisionError::Interrupted { changes: ChangeSummary::default() })
    }
}

impl Cloud {
    fn has_state(&self, tenant: &TenantId) -> bool {
        self.workspaces.get(tenant).is_some_and(|found| found.has_state)
    }

    fn save(&mut self, run: &Run) -> Result<(), ProvisionError> {
        self.saves += 1;
        let fenced = self.workspaces.get(&run.tenant).is_some_and(|workspace| workspace.epoch > run.epoch);
        if fenced {
            return Err(ProvisionError::Fenced { operation: run.operation });
        }
        let workspace = Workspace { generation: self.saves, epoch: run.epoch, has_state: true };
        self.workspaces.insert(run.tenant.clone(), workspace);
        Ok(())
    }

    fn plan(&self, run: &Run, want: &Resources) -> Plan {
        let have = self.resources.get(&run.tenant).cloned().unwrap_or_default();
        let changes = compare(&have, want);
        let drift = changes.changes().iter().map(|change| DriftItem {
            address: change.address.clone(),
            action: change.action,
            attributes: std::iter::once("value".to_owned()).collect(),
        });
        let (drift, guarded, approval) = (drift.collect(), guarded(&changes), approval(&changes, run));
        Plan { changes, drift, guarded, approval }
    }
}

fn refused() -> ProvisionError {
    let summary = "the cloud refused".to_owned();
    let diagnostics = vec![Diagnostic { summary, detail: String::new(), address: None }];
    ProvisionError::Failed { diagnostics, changes: ChangeSummary::default(), transient: true }
}

fn generation(number: u64) -> Generation {
    Generation::new(number).unwrap_or_else(|| unreachable!("saves are counted from one"))
}

#[async_trait]
impl Provisioner for MemoryProvisioner {
    fn platform_digest(&self) -> Digest {
        Digest::of(&self.module().to_be_bytes())
    }

    async fn head(&self, tenant: &TenantId) -> Result<Option<WorkspaceHead>, ProvisionError> {
        let cloud = self.cloud();
        let found = cloud.workspaces.get(tenant).filter(|found| found.has_state);
        Ok(found.map(|found| WorkspaceHead { state: generation(found.generation), epoch: Some(found.epoch) }))
    }

    async fn state(&self, tenant: &TenantId) -> Result<Option<Bytes>, ProvisionError> {
        let cloud = self.cloud();
        let resources = cloud.resources.get(tenant).filter(|_| cloud.has_state(tenant));
        Ok(resources.map(|resources| Bytes::from(json!(resources).to_string())))
    }

    async fn plan(&self, run: &Run, goal: Goal, _: &dyn RunObserver) -> Result<Plan, ProvisionError> {
        let want = match goal {
            Goal::Defined => self.wanted(run),
            Goal::Destroyed => Resources::new(),
        };
        Ok(self.cloud().plan(run, &want))
    }

    async fn apply(&self, run: &Run, guard: Guard, observer: &dyn RunObserver) -> Result<Applied, ProvisionError> {
        let fault = self.begin(run, observer).await?;
        let (wanted, module) = (self.wanted(run), self.platform_digest());
        let mut cloud = self.cloud();
        cloud.running.remove(&run.tenant);
        let plan = cloud.plan(run, &wanted);
        match guard {
            Guard::Protect if !plan.guarded.is_empty() => {
                return Err(ProvisionError::Guarded { addresses: plan.guarded });
            }
            Guard::Approved(digest) if plan.approval != Some(digest) => {
                return Err(ProvisionError::NotApproved { now: plan.approval });
            }
            Guard::Protect | Guard::Approved(_) => {}
        }
        let half = fault == Some(Fault::Refused);
        for (address, value) in wanted.into_iter().take(if half { 1 } else { usize::MAX }) {
            cloud.resources.entry(run.tenant.clone()).or_default().insert(address, value);
        }
        cloud.save(run)?;
        if half {
            return Err(refused());
        }
        let broken = cloud.broken.as_ref().is_some_and(|broken| broken(run, module));
        let ready = if broken || fault == Some(Fault::NotServing) { "none" } else { "r1" };
        let outputs = json!({
            "url": format!("https://{}.example", run.tenant),
            "database": format!("projects/p/instances/shared-1/databases/{}", run.tenant),
            "latest_created_revision": "r1",
            "latest_ready_revision": ready,
        });
        Ok(Applied { changes: plan.changes, outputs: outputs.as_object().cloned().unwrap_or_default() })
    }

    async fn destroy(&self, run: &Run, observer: &dyn RunObserver) -> Result<ChangeSummary, ProvisionError> {
        let fault = self.begin(run, observer).await?;
        let mut cloud = self.cloud();
        cloud.running.remove(&run.tenant);
        if !cloud.has_state(&run.tenant) {
            cloud.workspaces.remove(&run.tenant);
            return Ok(ChangeSummary::default());
        }
        let plan = cloud.plan(run, &Resources::new());
        cloud.save(run)?;
        if fault.is_some() {
            return Err(refused());
        }
        cloud.resources.remove(&run.tenant);
        cloud.workspaces.remove(&run.tenant);
        Ok(plan.changes)
    }

    async fn forget(&self, tenant: &TenantId, _: OperationId, _: Epoch) -> Result<(), ProvisionError> {
        self.cloud().workspaces.remove(tenant);
        Ok(())
    }

    async fn fence(&self, tenant: &TenantId, epoch: Epoch) -> Result<(), ProvisionError> {
        let mut cloud = self.cloud();
        cloud.saves += 1;
        let generation = cloud.saves;
        let has_state = cloud.has_state(tenant);
        cloud.workspaces.insert(tenant.clone(), Workspace { generation, epoch, has_state });
        Ok(())
    }

    async fn break_lock(&self, tenant: &TenantId, _: OperationId) -> Result<(), ProvisionError> {
        self.cloud().running.remove(tenant);
        Ok(())
    }
}
