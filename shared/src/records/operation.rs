//! One operation on a tenant: who asked, what was done, how it ended. Journal and audit in one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::operation::OperationId;
use crate::provision::{ChangeSummary, Diagnostic, Epoch};
use crate::store::Generation;
use crate::tenant::TenantId;
use crate::trace::TraceId;

/// The record at `operations/{id}/{ulid}.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// Its id; sorts by start.
    pub id: OperationId,
    /// On whom.
    pub tenant: TenantId,
    /// What it is.
    pub kind: OperationKind,
    /// Who asked.
    pub principal: Principal,
    /// Through which door.
    pub trigger: Trigger,
    /// The definition it was for; absent for a deletion of a tenant without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition_generation: Option<Generation>,
    /// The trace of the request, event or task that led to it, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceId>,
    /// The lease it ran under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    /// How it stands.
    pub outcome: Outcome,
    /// When it was asked for.
    pub requested: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    /// What was about to be done, each written before it is.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// The lock it holds or held last; proof for breaking it after a crash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<Generation>,
    /// The revision of the site that serves what it applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// What it changed.
    #[serde(default, skip_serializing_if = "ChangeSummary::is_empty")]
    pub changes: ChangeSummary,
    /// Machine reason of an outcome that is not `Succeeded`, `UPPER_SNAKE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// For people: how it ended and what to do next.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// What the run said of its failure, redacted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
}

impl Operation {
    /// An operation that was asked for and has not begun.
    pub fn new(id: OperationId, tenant: TenantId, kind: OperationKind, requested: Timestamp) -> Self {
        Self {
            id,
            tenant,
            kind,
            principal: Principal("unknown".to_owned()),
            trigger: Trigger::Api,
            definition_generation: None,
            trace: None,
            epoch: None,
            outcome: Outcome::Queued,
            requested,
            finished: None,
            steps: Vec::new(),
            lock: None,
            revision: None,
            changes: ChangeSummary::default(),
            reason: None,
            message: String::new(),
            diagnostics: Vec::new(),
        }
    }
}

/// What an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OperationKind {
    /// The first apply.
    Create,
    /// Another apply.
    Update,
    /// A destroy.
    Delete,
    /// A plan that looks for drift.
    DriftCheck,
    /// An apply that repairs drift.
    DriftCorrection,
    /// Forgetting a tenant and keeping its resources.
    Forget,
    /// Resolving, staging, activating, verifying or taking back plugins.
    InstallPlugins,
}

/// How an operation stands. Everything but `Queued` and `Running` is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// Asked for, not begun.
    Queued,
    /// Under way.
    Running,
    /// Done.
    Succeeded,
    /// Not done; `reason` and `message` say why.
    Failed,
    /// Its process died or was stopped; a later operation went on from there.
    Interrupted,
}

impl Outcome {
    /// Whether it will not change any more.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// Who asked, as the front door verified it: an e-mail address, a service account, or `anonymous` on a local sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Principal(pub String);

impl Principal {
    /// Whoever it was, where nobody is asked.
    pub fn anonymous() -> Self {
        Self("anonymous".to_owned())
    }
}

/// Through which door a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Trigger {
    /// The HTTP API.
    Api,
    /// A change in the definitions bucket.
    Event,
    /// The sweep.
    Sweep,
    /// A task that was handed on.
    Task,
}

/// Something that was about to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// What, for people.
    pub what: String,
}
