//! The port to whatever makes a tenant's resources, in the words of the job: a run over a workspace plans, applies or
//! destroys. The production adapter is `terraform`; tests have one that holds state in memory.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::digest::Digest;
use crate::operation::OperationId;
use crate::store::{Generation, StoreError};
use crate::tenant::TenantId;

mod change;
pub mod memory;
pub mod two_resources;

pub use change::{Change, ChangeAction, ChangeSummary, ResourceAddress};

/// A lease's epoch: it grows with every holder, so that 'older than' can be said of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The module's variables for one tenant, rendered. Holds no secret value by construction: see invariant 4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variables {
    /// Pretty JSON: keys sorted, two spaces, one newline at the end.
    json: String,
}

impl Variables {
    /// From the rendered object. Keys are sorted by the map type.
    pub fn from_json(value: &serde_json::Value) -> Self {
        Self { json: format!("{value:#}\n") }
    }

    /// The text that the module reads.
    pub fn as_json(&self) -> &str {
        &self.json
    }

    /// Names these variables.
    pub fn digest(&self) -> Digest {
        Digest::of(self.json.as_bytes())
    }
}

/// Whether the lease a run works under is still its own. A provisioner asks once it has the workspace's lock and there is no
/// state that would tell: whoever took the lease over may have come, and gone and taken the workspace away, while this run's
/// process got no time to run in.
#[async_trait]
pub trait LeaseCheck: fmt::Debug + Send + Sync {
    /// Whether nobody has taken the lease over.
    async fn is_still_ours(&self) -> Result<bool, StoreError>;
}

/// For a run that only looks, and needs no lease.
#[derive(Debug, Clone, Copy)]
pub struct NoLease;

#[async_trait]
impl LeaseCheck for NoLease {
    async fn is_still_ours(&self) -> Result<bool, StoreError> {
        Ok(true)
    }
}

/// One run over one tenant's workspace.
#[derive(Debug, Clone)]
pub struct Run {
    /// Whose workspace.
    pub tenant: TenantId,
    /// On whose behalf: leftovers and logs are kept beside this operation.
    pub operation: OperationId,
    /// The lease under which this run may save state.
    pub epoch: Epoch,
    /// Says whether it still is this run's.
    pub lease: Arc<dyn LeaseCheck>,
    /// The module's inputs.
    pub variables: Variables,
    /// At most this long, then interrupted; state is still saved.
    pub deadline: Duration,
    /// Interrupts the run: it stops, saves what it did, and says [`ProvisionError::Interrupted`].
    pub cancel: CancellationToken,
}

/// What protects stateful resources (database, user, secret, media) during an apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// A plan that deletes or replaces one fails before anything is changed: [`ProvisionError::Guarded`].
    Protect,
    /// Exactly the plan with this digest may do so ([`Plan::approval`]); another is refused.
    Approved(Digest),
}

/// What a run tells while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunEvent {
    /// The workspace's lock is ours; the generation is its proof.
    Locked {
        /// Generation of the lock object.
        lock: Generation,
    },
    /// The lock is released.
    Unlocked,
    /// A resource is being changed.
    Started(Change),
    /// A resource was changed.
    Finished {
        /// What was done.
        change: Change,
        /// How long it took.
        elapsed: Duration,
    },
    /// A change of one resource failed.
    Failed(Change),
    /// State was saved at this generation.
    StateSaved {
        /// Generation of the state object.
        state: Generation,
    },
    /// A line of the redacted log.
    Log(String),
}

/// Takes a run's events. Called from the run's own task: it must not block.
pub trait RunObserver: Send + Sync {
    /// One event.
    fn event(&self, event: RunEvent);
}

/// What a plan says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Planned changes; empty when the cloud is as defined.
    pub changes: ChangeSummary,
    /// The same changes by attribute: where the cloud is not what the variables describe.
    pub drift: Vec<DriftItem>,
    /// Stateful resources among those that would be deleted or replaced: what [`Guard::Protect`] would refuse.
    pub guarded: Vec<ResourceAddress>,
    /// What an approval of this plan is given to: it names the resources, what happens to each, why, and the values that
    /// are planned. Only where something is guarded.
    pub approval: Option<Digest>,
}

/// What a plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// The cloud as the variables describe it.
    Defined,
    /// Nothing left.
    Destroyed,
}

/// One resource that is not what was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftItem {
    /// Which resource.
    pub address: ResourceAddress,
    /// What repairing it would do.
    pub action: ChangeAction,
    /// Dotted paths of the attributes that differ; empty when the whole resource is gone.
    pub attributes: BTreeSet<String>,
}

/// What an apply left behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// What was done.
    pub changes: ChangeSummary,
    /// The module's outputs that are not sensitive.
    pub outputs: serde_json::Map<String, serde_json::Value>,
}

/// What is known of a workspace without running anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkspaceHead {
    /// Generation of its state object.
    pub state: Generation,
    /// The highest epoch that saved it, where one of ours did.
    pub epoch: Option<Epoch>,
}

/// A lock on a workspace that is not this run's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockHolder {
    /// `user@host` or the operation, as the lock says.
    pub who: String,
    /// Since when, as the lock says.
    pub since: String,
    /// Generation of the lock object.
    pub lock: Generation,
}

/// One thing a failed run said, redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// One line.
    pub summary: String,
    /// More of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Which resource, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<ResourceAddress>,
}

/// Why a run did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// The plan would delete or replace stateful resources. Nothing was changed.
    #[error("the change would destroy {}: held until it is approved", join(.addresses))]
    Guarded {
        /// Which.
        addresses: Vec<ResourceAddress>,
    },
    /// The plan is not the approved one. Nothing was changed.
    #[error("the plan is no longer the approved one; nothing of it was applied")]
    NotApproved {
        /// What an approval of the present plan would be given to, if it needs one.
        now: Option<Digest>,
    },
    /// Somebody else holds the workspace's lock. Nothing was changed.
    #[error("the workspace is locked by {} since {}", .0.who, .0.since)]
    Locked(LockHolder),
    /// The run failed part-way; state holds what was done.
    #[error("{}", .diagnostics.first().map_or("the run failed without saying why", |d| d.summary.as_str()))]
    Failed {
        /// What it said.
        diagnostics: Vec<Diagnostic>,
        /// What it did before it failed.
        changes: ChangeSummary,
        /// Whether the cloud said 'later' (an operation in progress, a quota per minute, a 5xx), or a process died.
        transient: bool,
    },
    /// Cancelled or out of time; state holds what was done.
    #[error("the run was interrupted; what it did is saved and the next one goes on from there")]
    Interrupted {
        /// What it did.
        changes: ChangeSummary,
    },
    /// A newer holder of the lease saved state: this run could not save. Its own state is kept beside its operation.
    #[error("a newer run took over the workspace; this one's state is kept beside operation {operation}")]
    Fenced {
        /// Whose leftover it is.
        operation: OperationId,
    },
    /// The stores did not do what was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The program, the module or a folder is not there: nothing a retry can mend.
    #[error("{0}")]
    Misconfigured(String),
}

impl ProvisionError {
    /// Whether the same run may succeed later, unchanged.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Locked(_) | Self::Interrupted { .. } | Self::Fenced { .. } => true,
            Self::Failed { transient, .. } => *transient,
            Self::Store(error) => error.retryable(),
            Self::Guarded { .. } | Self::NotApproved { .. } | Self::Misconfigured(_) => false,
        }
    }
}

fn join(addresses: &[ResourceAddress]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Makes, plans, changes and destroys what one tenant's variables describe.
#[async_trait]
pub trait Provisioner: Send + Sync + 'static {
    /// Names the module and everything else, beside the variables, that decides what an apply makes.
    fn platform_digest(&self) -> Digest;

    /// What a workspace holds; `None` if there is none.
    async fn head(&self, tenant: &TenantId) -> Result<Option<WorkspaceHead>, ProvisionError>;

    /// The workspace's state as it is stored, for safe keeping; `None` if there is none. It holds no secret value.
    async fn state(&self, tenant: &TenantId) -> Result<Option<Bytes>, ProvisionError>;

    /// Plans without changing anything, state included, and without waiting for a lock.
    async fn plan(&self, run: &Run, goal: Goal, observer: &dyn RunObserver) -> Result<Plan, ProvisionError>;

    /// Makes the cloud match the variables.
    async fn apply(&self, run: &Run, guard: Guard, observer: &dyn RunObserver) -> Result<Applied, ProvisionError>;

    /// Destroys everything in the workspace, then the workspace.
    async fn destroy(&self, run: &Run, observer: &dyn RunObserver) -> Result<ChangeSummary, ProvisionError>;

    /// Forgets the workspace and keeps its resources (`deletionPolicy: Retain`). Its last state stays readable as an
    /// archived generation.
    async fn forget(&self, tenant: &TenantId, operation: OperationId, epoch: Epoch) -> Result<(), ProvisionError>;

    /// Rewrites the state under a new epoch, so that no run of an older one can save any more. To be called by who
    /// took a lease over, before anything else.
    async fn fence(&self, tenant: &TenantId, epoch: Epoch) -> Result<(), ProvisionError>;

    /// Removes the lock that this operation's dead run left. Any other lock, a person's above all, is left alone.
    async fn break_lock(&self, tenant: &TenantId, operation: OperationId) -> Result<(), ProvisionError>;
}
