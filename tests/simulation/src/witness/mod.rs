//! Sees every effect and holds it to the design's invariants. Knows what people did, which no process is told; believes no
//! record where it can look at the world itself.
//!
//! - `people`: what was asked for: definitions, deletions, approvals.
//! - `records`: what our processes write: leases, statuses.
//! - `runs`: who may save and what may be destroyed.

mod people;
mod records;
mod runs;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tenancy::digest::Digest;
use tenancy::operation::OperationId;
use tenancy::provision::Epoch;
use tenancy::store::{Generation, ObjectName};
use tenancy::tenant::TenantId;

use crate::cloud::Cloud;
use crate::world::State;

/// An invariant that did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Invariant {
    /// Two runs on one tenant could both save, or an older one did.
    OneSaves,
    /// A lease was taken from somebody whose time had not come.
    LeaseHolds,
    /// Resources were destroyed although nobody asked, approved, or let a grace period pass.
    NothingDestroyedUnasked,
    /// A definition that somebody wrote was removed or overwritten without being asked for.
    DefinitionKept,
    /// A tenant was forgotten while its resources were there.
    NoOrphan,
    /// An operation did not end.
    OperationsEnd,
    /// Something was deleted that somebody still needed.
    KeptWhileNeeded,
    /// After a quiet time and two sweeps a tenant is not as defined.
    Converges,
    /// Something panicked, or said that the installation is broken.
    NothingBreaks,
}

/// A breach and where it happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Breach {
    /// Of what.
    pub invariant: Invariant,
    /// What was seen.
    pub what: String,
}

/// What is known of the world, whatever the records say.
#[derive(Default)]
pub(crate) struct Witness {
    pub(crate) cloud: Cloud,
    pub(crate) breaches: Vec<Breach>,
    pub(crate) grace: SignedDuration,
    tenants: BTreeMap<TenantId, Seen>,
}

/// What was seen of one tenant.
#[derive(Default)]
struct Seen {
    /// The live definition, by object: two of them are a conflict.
    live: BTreeMap<ObjectName, Generation>,
    /// A person wrote a second one: only a person can say which counts.
    conflicting: bool,
    absent_since: Option<Timestamp>,
    /// Deletions that people ask for and that are not written down yet.
    deleting: u32,
    /// Those that are written down and not answered yet.
    noted: u32,
    /// Definitions that were there while somebody asked for the deletion; `None`: there was none.
    deletable: BTreeSet<Option<Generation>>,
    /// A deletion that somebody asked for stands on the tenant's status.
    requested: bool,
    /// Plans that people approved, and how often: each lets one run through.
    approved: BTreeMap<Digest, u32>,
    /// The last step at which it was right to destroy this tenant.
    last_right_to_destroy: Option<u64>,
    /// When each lease was taken.
    leases: BTreeMap<Epoch, u64>,
    /// The newest epoch that saved or fenced.
    newest_save: Option<Epoch>,
    running: Vec<Epoch>,
    /// Operations whose records say that they have not ended.
    open: BTreeSet<OperationId>,
    /// With whose variables a destroy would run.
    variables: Option<OperationId>,
    /// What may be left in the cloud although the tenant is gone, and why that is right.
    excuse: Option<Excuse>,
    changed_outside: bool,
}

/// Why resources may outlive their tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Excuse {
    /// It was forgotten, as its definition says: until it is made again.
    Retained,
    /// Somebody forced its deletion, which looks for nothing that an interrupted run may have left.
    Forced,
    /// A run went on after it had been fenced: what it did to the cloud nobody could save.
    TouchedWhileFenced,
}

impl Witness {
    fn breach(&mut self, invariant: Invariant, what: String) {
        self.breaches.push(Breach { invariant, what });
    }

    fn seen(&mut self, tenant: &TenantId) -> &mut Seen {
        self.tenants.entry(tenant.clone()).or_default()
    }

    /// Whether nobody can be blamed for what is left of a tenant.
    pub(crate) fn is_excused(&self, tenant: &TenantId) -> bool {
        self.tenants.get(tenant).is_some_and(|seen| seen.excuse.is_some())
    }

    /// Whether the cloud may be otherwise than any run of ours left it: then a drift check has to say so.
    pub(crate) fn may_have_drifted(&self, tenant: &TenantId) -> bool {
        let drifted = |seen: &Seen| seen.changed_outside || seen.excuse == Some(Excuse::TouchedWhileFenced);
        self.tenants.get(tenant).is_some_and(drifted)
    }

    /// Whether only a person can say which of a tenant's definitions counts.
    pub(crate) fn is_conflicting(&self, tenant: &TenantId) -> bool {
        self.tenants.get(tenant).is_some_and(|seen| seen.conflicting && seen.live.len() > 1)
    }

    pub(crate) fn changed_outside(&mut self, tenant: &TenantId) {
        self.seen(tenant).changed_outside = true;
    }
}

impl State {
    pub(crate) fn breach(&mut self, invariant: Invariant, what: String) {
        self.witness.breach(invariant, what);
    }
}
