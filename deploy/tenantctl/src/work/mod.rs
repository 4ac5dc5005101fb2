//! Changing tenants. [`changed`] says what a range of history means for them and [`guard`] what is refused (both pure);
//! [`execute`] does it, [`outcome`] is what came of it.

pub(crate) mod changed;
pub(crate) mod execute;
pub(crate) mod guard;
pub(crate) mod outcome;

use tenancy::digest::Digest;
use tenancy::store::Generation;
use tenancy::tenant::{Format, TenantId};

/// One thing to do to one tenant.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    /// To whom.
    pub(crate) tenant: TenantId,
    /// The file that says so, where one does.
    pub(crate) file: Option<String>,
    /// What.
    pub(crate) what: What,
}

/// What to do to a tenant.
#[derive(Debug, Clone)]
pub(crate) enum What {
    /// Make it as defined, whether it exists or not.
    Put {
        /// The definition.
        definition: Source,
        /// What it probably is: which request is sent first.
        probably: Probably,
    },
    /// Make it as defined if its definition is of this generation.
    PutOver {
        /// The definition.
        definition: Source,
        /// What must be there.
        over: Generation,
    },
    /// Resolve and install its plugins anew.
    UpgradePlugins,
    /// Delete it.
    Delete {
        /// One that is gone already is as it should be.
        may_be_absent: bool,
        /// Without an export of its database.
        force: bool,
    },
    /// Let through what is held.
    Approve {
        /// Exactly this.
        digest: Digest,
    },
    /// Bring it back with its last definition.
    Undelete,
}

/// A definition as it was written.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// The text.
    pub(crate) bytes: Vec<u8>,
    /// How it is written.
    pub(crate) format: Format,
}

/// Whether a tenant is probably there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Probably {
    /// Create first, update when it exists.
    New,
    /// Update first, create when it does not exist.
    There,
}
