//! Why a command was not carried out. Free of transport; `http` gives each a status code, `tenantctl` an exit code.

use std::time::Duration;

use crate::digest::Digest;
use crate::operation::OperationId;
use crate::provision::{Diagnostic, LockHolder};
use crate::records::Hold;
use crate::store::{Generation, ObjectName, StoreError};
use crate::tenant::{Problems, TenantId};

/// Why a command was not carried out, or was and failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The definition has problems; nothing was stored.
    #[error("the definition has problems: {0}")]
    Invalid(Problems),
    /// There is a definition, or resources, of that name.
    #[error("tenant '{0}' exists; change it with an update")]
    AlreadyExists(TenantId),
    /// There is neither a definition nor a status of that name.
    #[error("there is no tenant '{0}'")]
    NotFound(TenantId),
    /// Nothing is left of a tenant that it could be brought back from.
    #[error(
        "no definition of '{tenant}' is kept: there was no such tenant, or it was deleted more than {days} days ago \
         (retention.graveyardDays). Where the definitions bucket still has an earlier version, write that again"
    )]
    NothingKept {
        /// Whose.
        tenant: TenantId,
        /// For how long a deleted tenant's definition is kept.
        days: u32,
    },
    /// The definition names another tenant than the request.
    #[error("metadata.name is '{named}', the request is for '{asked}'; a tenant cannot be renamed")]
    NameMismatch {
        /// In the request.
        asked: TenantId,
        /// In the definition.
        named: TenantId,
    },
    /// The definition is of another generation than the caller has seen.
    #[error("the definition was changed since: it is at generation {current} now; read it again")]
    Stale {
        /// What is there.
        current: Generation,
    },
    /// Two objects define one tenant.
    #[error("{} define the same tenant; remove all but one", names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "))]
    Conflict {
        /// The objects.
        names: Vec<ObjectName>,
    },
    /// `deletionProtection` is on.
    #[error("tenant '{0}' is protected: set spec.deletionProtection to false first")]
    Protected(TenantId),
    /// The change waits for an approval; nothing of it was applied.
    #[error("the change would destroy data and is held: approve {} or change the definition back", .hold.digest)]
    Held {
        /// What waits. Boxed: every other error is small.
        hold: Box<Hold>,
        /// Which operation found out.
        operation: OperationId,
    },
    /// What was approved does not wait for an approval.
    #[error("nothing of '{tenant}' waits for the approval of {asked}{}", .waits.map_or(String::new(), |waits| format!("; what waits now is {waits}")))]
    NotHeld {
        /// Whose.
        tenant: TenantId,
        /// What was approved.
        asked: Digest,
        /// What waits instead.
        waits: Option<Digest>,
    },
    /// The apply failed; the definition is stored and it is tried again.
    #[error("{message}")]
    Failed {
        /// For people.
        message: String,
        /// What the run said.
        diagnostics: Vec<Diagnostic>,
        /// Which operation.
        operation: OperationId,
        /// Whether it is tried again by itself.
        retried: bool,
    },
    /// A person, or something else that is not ours, holds the workspace's lock; it is never broken.
    #[error("the workspace is locked by {} since {}; the operation goes on when the lock is released", .0.who, .0.since)]
    Locked(LockHolder),
    /// The process was asked to stop, or lost the tenant to another one, in the middle of the run. What was done is saved,
    /// and whoever comes next goes on from there.
    #[error("the run was interrupted and has saved what it did; it goes on by itself, or with the next request")]
    Interrupted {
        /// Which operation.
        operation: OperationId,
        /// When to ask again.
        retry_after: Duration,
    },
    /// Too many requests on one tenant are under way here; nothing of this one was done.
    #[error("too many requests on tenant '{tenant}' are under way; try again in {} s", .retry_after.as_secs())]
    Crowded {
        /// Whose.
        tenant: TenantId,
        /// When to ask again.
        retry_after: Duration,
    },
    /// Too much is under way.
    #[error("too much is under way; try again in {} s", .retry_after.as_secs())]
    Busy {
        /// When to ask again.
        retry_after: Duration,
    },
    /// The stores did not do what was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The installation is broken.
    #[error("{0}")]
    Misconfigured(String),
}

impl CommandError {
    /// Whether the same command may succeed later, unchanged.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Locked(_) | Self::Interrupted { .. } | Self::Crowded { .. } | Self::Busy { .. } => true,
            Self::Failed { retried, .. } => *retried,
            Self::Store(error) => error.retryable(),
            Self::Invalid(_)
            | Self::AlreadyExists(_)
            | Self::NotFound(_)
            | Self::NothingKept { .. }
            | Self::NameMismatch { .. }
            | Self::Stale { .. }
            | Self::Conflict { .. }
            | Self::Protected(_)
            | Self::Held { .. }
            | Self::NotHeld { .. }
            | Self::Misconfigured(_) => false,
        }
    }
}
