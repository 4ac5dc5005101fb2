//! The production adapter of [`crate::provision`]: Terraform or `OpenTofu`, one process a run, no `init` a run.
//!
//! - `settings`, `program`, `module`, `hcl`, `init`: what is there when the engine starts.
//! - `workspace`, `state`: one tenant's objects in the state bucket, as Terraform's gcs backend lays them out.
//! - `gateway`, `session`: the http backend that a run's process talks to; every save is a compare-and-swap.
//! - `folder`, `process`, `attempt`: a run's folder, its child process, and the course of both.
//! - `planning`, `adoption`: plans that are saved and read, and applies that take over what exists already.
//! - `message`, `transcript`, `planfile`, `drift`, `adopt`, `sensitive`, `outcome`: what was said, what may be told of it, what it comes to.
//!   Pure.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::digest::Digest;
use crate::operation::OperationId;
use crate::provision::{
    Applied, ChangeSummary, Epoch, Goal, Guard, Plan, ProvisionError, Provisioner, Run, RunObserver, WorkspaceHead,
};
use crate::store::{ObjectStore, StoreError};
use crate::tenant::TenantId;

mod adopt;
mod adoption;
mod attempt;
mod drift;
mod folder;
mod gateway;
mod hcl;
mod init;
mod message;
mod module;
mod outcome;
mod planfile;
mod planning;
mod process;
mod program;
mod sensitive;
mod session;
mod settings;
mod spans;
mod state;
mod transcript;
mod workspace;

pub use settings::{EngineSettings, Installed, STATEFUL_TYPES, StartError};

use adoption::First;
use attempt::Attempt;
use gateway::Gateway;
use init::Init;
use module::Module;
use outcome::judge;
use program::Program;
use session::Access;
use workspace::{LockAnswer, Workspace};

/// A saved plan, in a run's folder.
const PLAN_FILE: &str = "run.tfplan";

/// Runs Terraform for tenants: see the module's documentation.
///
/// A run whose future is dropped kills its process and everything that one started; its lock stays for
/// [`Provisioner::break_lock`]. A cancelled one ends by itself and leaves nothing.
pub struct Engine {
    program: Program,
    module: Arc<Module>,
    init: Init,
    gateway: Gateway,
    /// Where run folders are made.
    runs: PathBuf,
    permits: Semaphore,
    state: Arc<dyn ObjectStore>,
    records: Arc<dyn ObjectStore>,
    lock_wait: Duration,
    stop_grace: Duration,
}

impl Engine {
    /// Checks what is there and initialises the module, or takes the prepared one if it fits: then no process is
    /// started.
    pub async fn start(settings: EngineSettings) -> Result<Self, StartError> {
        let installed = &settings.installed;
        let runs = make_folder(&installed.work.join("runs"))?;
        let (program, module) = (Program::find(installed)?, Module::read(&installed.module, &settings.stateful)?);
        let gateway = Gateway::open().await.map_err(StartError::Gateway)?;
        let found = settings.prepared.as_deref().and_then(|folder| Init::found(folder, &program, &module));
        let init = if let Some(init) = found {
            init
        } else {
            if let Some(prepared) = &settings.prepared {
                tracing::info!(prepared = %prepared.display(), "the prepared init does not fit: making one");
            }
            let lock_file = installed.lock_file.as_deref();
            Init::make(&installed.work, &program, &module, lock_file, &gateway.nowhere()).await?
        };
        Ok(Self {
            program,
            module: Arc::new(module),
            init,
            gateway,
            runs,
            permits: Semaphore::new(settings.runs.clamp(1, Semaphore::MAX_PERMITS)),
            state: settings.state,
            records: settings.records,
            lock_wait: settings.lock_wait,
            stop_grace: settings.stop_grace,
        })
    }

    /// Initialises the module in `folder` for later starts with [`EngineSettings::prepared`], as an image build does.
    pub async fn prepare(
        installed: &Installed,
        stateful: &BTreeSet<String>,
        folder: &Path,
    ) -> Result<Digest, StartError> {
        make_folder(&installed.work)?;
        let (program, module) = (Program::find(installed)?, Module::read(&installed.module, stateful)?);
        let gateway = Gateway::open().await.map_err(StartError::Gateway)?;
        Init::prepare(folder, &program, &module, installed.lock_file.as_deref(), &gateway.nowhere()).await
    }

    fn workspace(&self, tenant: &TenantId) -> Result<Workspace, ProvisionError> {
        Workspace::of(&self.state, tenant)
    }

    /// One process: plan and apply, with stateful resources protected. More only where a name is taken.
    async fn apply_protected(&self, run: &Run, observer: &dyn RunObserver) -> Result<Applied, ProvisionError> {
        let access = Access::Change { guarded_by: Some(Arc::clone(&self.module)) };
        let mut attempt = Attempt::begin(self, run, access, observer).await?;
        let ended = attempt.apply_adopting(First::Configuration, &self.lock_timeout()).await;
        let (facts, aftermath) = attempt.conclude().await;
        let (exit, transcript) = ended?;
        judge(run.operation, exit, transcript, facts, aftermath)
    }

    /// Three processes: a plan that is compared with the approved one, then exactly that plan. The plan takes no lock:
    /// the apply refuses a plan of a state that has changed since. More only where a name is taken.
    async fn apply_approved(
        &self,
        run: &Run,
        approved: Digest,
        observer: &dyn RunObserver,
    ) -> Result<Applied, ProvisionError> {
        let mut attempt = Attempt::begin(self, run, Access::Change { guarded_by: None }, observer).await?;
        let read = match attempt.plan_and_read(Goal::Defined, &self.module).await {
            Ok(read) => read,
            Err(error) => {
                attempt.conclude().await;
                return Err(error);
            }
        };
        if read.approval != Some(approved) {
            let (facts, aftermath) = attempt.conclude().await;
            judge(run.operation, read.exit, read.said, facts, aftermath)?;
            return Err(ProvisionError::NotApproved { now: read.approval });
        }
        let ended = attempt.apply_adopting(First::Approved(&self.module), &self.lock_timeout()).await;
        let (facts, aftermath) = attempt.conclude().await;
        let (exit, transcript) = ended?;
        judge(run.operation, exit, transcript, facts, aftermath)
    }

    fn lock_timeout(&self) -> String {
        format!("-lock-timeout={}ms", self.lock_wait.as_millis())
    }
}

fn make_folder(folder: &Path) -> Result<PathBuf, StartError> {
    let failed = |error: std::io::Error| StartError::Folder { folder: folder.to_owned(), reason: error.to_string() };
    std::fs::create_dir_all(folder).map_err(failed)?;
    folder.canonicalize().map_err(failed)
}

#[async_trait]
impl Provisioner for Engine {
    fn platform_digest(&self) -> Digest {
        self.init.digest
    }

    async fn head(&self, tenant: &TenantId) -> Result<Option<WorkspaceHead>, ProvisionError> {
        Ok(self.workspace(tenant)?.head().await?)
    }

    async fn state(&self, tenant: &TenantId) -> Result<Option<Bytes>, ProvisionError> {
        let stored = self.workspace(tenant)?.read().await?;
        Ok(stored.filter(|stored| !stored.placeholder).map(|stored| stored.body))
    }

    async fn plan(&self, run: &Run, goal: Goal, observer: &dyn RunObserver) -> Result<Plan, ProvisionError> {
        let mut attempt = Attempt::begin(self, run, Access::Read, observer).await?;
        let ended = attempt.plan_and_read(goal, &self.module).await;
        let (facts, aftermath) = attempt.conclude().await;
        let planning::Read { exit, said, drift, approval } = ended?;
        let changes = judge(run.operation, exit, said, facts, aftermath)?.changes;
        let guarded = self.module.guarded(&changes);
        Ok(Plan { changes, drift, guarded, approval })
    }

    async fn apply(&self, run: &Run, guard: Guard, observer: &dyn RunObserver) -> Result<Applied, ProvisionError> {
        match guard {
            Guard::Protect => self.apply_protected(run, observer).await,
            Guard::Approved(approved) => self.apply_approved(run, approved, observer).await,
        }
    }

    async fn destroy(&self, run: &Run, observer: &dyn RunObserver) -> Result<ChangeSummary, ProvisionError> {
        let workspace = self.workspace(&run.tenant)?;
        match workspace.read().await? {
            None => return Ok(ChangeSummary::default()),
            Some(stored) if stored.epoch > Some(run.epoch) => {
                return Err(ProvisionError::Fenced { operation: run.operation });
            }
            Some(stored) if stored.placeholder => {
                workspace.delete(stored.generation).await?;
                return Ok(ChangeSummary::default());
            }
            Some(_) => {}
        }
        let mut attempt = Attempt::begin(self, run, Access::Destroy, observer).await?;
        let ended =
            attempt.converse(&["destroy", "-auto-approve", "-json", "-input=false", &self.lock_timeout()]).await;
        let deleted = match &ended {
            Ok((exit, _)) if exit.success => attempt.delete_state().await,
            _ => Ok(()),
        };
        let (facts, aftermath) = attempt.conclude().await;
        let (exit, transcript) = ended?;
        let applied = judge(run.operation, exit, transcript, facts, aftermath)?;
        deleted.map(|()| applied.changes)
    }

    async fn forget(&self, tenant: &TenantId, operation: OperationId, epoch: Epoch) -> Result<(), ProvisionError> {
        let workspace = self.workspace(tenant)?;
        let info = forget_lock(tenant, operation);
        let lock = match workspace.lock(&info, operation, epoch).await? {
            LockAnswer::Ours(lock) => lock,
            LockAnswer::Held { holder, .. } => return Err(ProvisionError::Locked(holder)),
        };
        let forgotten = forget_state(&workspace, epoch).await;
        let released = workspace.unlock(lock).await;
        forgotten?;
        released?;
        Ok(())
    }

    async fn fence(&self, tenant: &TenantId, epoch: Epoch) -> Result<(), ProvisionError> {
        Ok(self.workspace(tenant)?.fence(epoch).await?)
    }

    async fn break_lock(&self, tenant: &TenantId, operation: OperationId) -> Result<(), ProvisionError> {
        Ok(self.workspace(tenant)?.unlock_of(operation).await?)
    }
}

/// What the lock says while a workspace is forgotten, in the words of Terraform's own locks.
fn forget_lock(tenant: &TenantId, operation: OperationId) -> serde_json::Value {
    serde_json::json!({
        "ID": format!("forget-{tenant}-{:032x}", rand::random::<u128>()),
        "Operation": "OperationTypeForget",
        "Info": "",
        "Who": format!("operation {operation} (forgetting the workspace)"),
        "Version": "",
        "Created": jiff::Timestamp::now().to_string(),
        "Path": "",
    })
}

async fn forget_state(workspace: &Workspace, epoch: Epoch) -> Result<(), StoreError> {
    match workspace.read().await? {
        Some(stored) if stored.epoch > Some(epoch) => Err(workspace.taken_over()),
        Some(stored) => workspace.delete(stored.generation).await,
        None => Ok(()),
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
