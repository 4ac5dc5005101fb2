//! What goes into commands and comes out of them and of queries.

use bytes::Bytes;
use jiff::Timestamp;

use crate::digest::Digest;
use crate::operation::OperationId;
use crate::provision::ChangeSummary;
use crate::records::{DriftRecord, Phase, Principal, Status, StatusSummary, Trigger};
use crate::store::Generation;
use crate::tenant::{Format, TenantId};
use crate::trace::TraceContext;

/// Who asks, and through which door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// As the front door verified it.
    pub principal: Principal,
    /// The door.
    pub trigger: Trigger,
    /// What the request is part of, where that is known.
    pub trace: Option<TraceContext>,
}

impl Caller {
    /// Somebody whose request is part of nothing that is known.
    pub const fn new(principal: Principal, trigger: Trigger) -> Self {
        Self { principal, trigger, trace: None }
    }

    /// The same, as part of this.
    #[must_use]
    pub fn within(self, trace: Option<TraceContext>) -> Self {
        Self { trace, ..self }
    }
}

/// A definition as somebody sent it; kept byte for byte, comments included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// What they wrote.
    pub source: Bytes,
    /// How it is written.
    pub format: Format,
}

/// What a command answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The result, or an operation to follow when that takes longer than the platform's wait.
    ForResult,
    /// An operation to follow, at once.
    No,
}

/// The definition a command is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMatch {
    /// Whichever is there.
    Any,
    /// This generation, else [`CommandError::Stale`](super::CommandError::Stale).
    Generation(Generation),
}

/// A tenant: what should be and what is.
#[derive(Debug, Clone, PartialEq)]
pub struct TenantView {
    /// Which.
    pub tenant: TenantId,
    /// The definition; absent while a vanished or deleted one's resources are still there.
    pub definition: Option<DefinitionView>,
    /// The status; absent for a definition nobody has looked at yet.
    pub status: Option<Status>,
}

/// A stored definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionView {
    /// What its owner wrote.
    pub source: Bytes,
    /// How it is written.
    pub format: Format,
    /// The definition's generation, which is the tenant's entity tag.
    pub generation: Generation,
    /// When it was written.
    pub updated: Timestamp,
}

/// What a command came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The tenant afterwards.
    pub tenant: TenantView,
    /// The operation that did it; absent when there was nothing to do.
    pub operation: Option<OperationId>,
    /// `false`: the operation goes on, follow it.
    pub finished: bool,
}

/// What a command would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Which tenant.
    pub tenant: TenantId,
    /// What would change.
    pub changes: ChangeSummary,
    /// Whether the guard would hold it for an approval.
    pub held: bool,
    /// What an approval would be given to, if it is held.
    pub approval: Option<Digest>,
}

/// One tenant in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantSummary {
    /// Which.
    pub tenant: TenantId,
    /// Its status in short.
    pub summary: StatusSummary,
    /// When the status was last written.
    pub updated: Timestamp,
}

/// What of one tenant is not what was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantDrift {
    /// Which.
    pub tenant: TenantId,
    /// What differs, and since when.
    pub drift: DriftRecord,
}

/// Which tenants a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListFilter {
    /// Only this phase.
    pub phase: Option<Phase>,
    /// Only drifted ones, or only ones that are not.
    pub drifted: Option<bool>,
}
