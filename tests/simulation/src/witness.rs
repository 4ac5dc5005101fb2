//! Sees every effect and holds it to the design's invariants. Knows what people did, which no process is told; believes no
//! record where it can look at the world itself.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tenancy::provision::Epoch;
use tenancy::records::{DefinitionObject, RecordName, Status};
use tenancy::store::{Generation, ObjectName, Versioned};
use tenancy::tenant::{DeletionPolicy, TenantId};

use crate::bucket::Which;
use crate::cloud::Cloud;
use crate::world::State;

/// An invariant that did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// Two runs on one tenant could both save, or an older one did.
    OneSaves,
    /// A lease was taken from somebody whose time had not come.
    LeaseHolds,
    /// Resources were destroyed although nobody asked and no grace period was over.
    NothingDestroyedUnasked,
    /// A definition that somebody wrote was removed or overwritten without being asked for.
    DefinitionKept,
    /// A tenant was forgotten while its resources were there.
    NoOrphan,
    /// An operation did not end.
    OperationsEnd,
    /// After a quiet time and two sweeps a tenant is not as defined.
    Converges,
    /// Something panicked, or said that the installation is broken.
    NothingBreaks,
}

/// A breach and where it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
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

#[derive(Default)]
struct Seen {
    /// The live definition, by object: two of them are a conflict.
    live: BTreeMap<ObjectName, Generation>,
    absent_since: Option<Timestamp>,
    /// Deletions that people ask for and that are not written down yet.
    deleting: u32,
    /// Those that are written down and not answered yet.
    noted: u32,
    /// Definitions that were there while somebody asked for the deletion.
    deletable: BTreeSet<Generation>,
    /// Somebody asked for the deletion of a tenant without a definition.
    deletable_without: bool,
    /// A deletion that somebody asked for stands on the tenant's status.
    requested: bool,
    /// The last step at which it was right to destroy this tenant.
    last_right_to_destroy: Option<u64>,
    /// When each lease was taken.
    leases: BTreeMap<Epoch, u64>,
    /// The newest epoch that saved or fenced.
    newest_save: Option<Epoch>,
    running: Vec<Epoch>,
    /// A run went on after it had been fenced: what it did to the cloud nobody could save.
    touched_while_fenced: bool,
    changed_outside: bool,
}

impl Witness {
    fn breach(&mut self, invariant: Invariant, what: String) {
        self.breaches.push(Breach { invariant, what });
    }

    pub(crate) fn changed_outside(&mut self, tenant: &TenantId) {
        self.seen(tenant).changed_outside = true;
    }

    /// Whether the cloud may be otherwise than any run of ours left it: then a drift check has to say so.
    pub(crate) fn may_have_drifted(&self, tenant: &TenantId) -> bool {
        self.tenants.get(tenant).is_some_and(|seen| seen.changed_outside || seen.touched_while_fenced)
    }

    pub(crate) fn touched_while_fenced(&mut self, tenant: &TenantId) {
        self.seen(tenant).touched_while_fenced = true;
    }

    /// Whether somebody unseen changed the cloud under this tenant.
    pub(crate) fn is_tainted(&self, tenant: &TenantId) -> bool {
        self.tenants.get(tenant).is_some_and(|seen| seen.touched_while_fenced)
    }

    pub(crate) fn run_began(&mut self, tenant: &TenantId, epoch: Epoch) {
        let newest = self.seen(tenant).newest_save;
        let others = self.seen(tenant).running.clone();
        if let Some(other) = others.iter().find(|other| newest.is_none_or(|newest| **other >= newest)) {
            self.breach(Invariant::OneSaves, format!("{tenant}: runs under {other} and {epoch} could both save"));
        }
        self.seen(tenant).running.push(epoch);
    }

    pub(crate) fn run_ended(&mut self, tenant: &TenantId, epoch: Epoch) {
        let running = &mut self.seen(tenant).running;
        if let Some(at) = running.iter().position(|other| *other == epoch) {
            running.remove(at);
        }
    }

    fn seen(&mut self, tenant: &TenantId) -> &mut Seen {
        self.tenants.entry(tenant.clone()).or_default()
    }
}

impl Seen {
    fn may_be_destroyed(&self, now: Timestamp, grace: SignedDuration) -> bool {
        if self.live.is_empty() {
            let over = |since: Timestamp| since.saturating_add(grace).is_ok_and(|over| over <= now);
            return self.deletable_without || self.requested || self.absent_since.is_some_and(over);
        }
        self.live.values().all(|generation| self.deletable.contains(generation))
    }
}

impl State {
    /// Somebody asks for a tenant's deletion through the API.
    pub(crate) fn deletion_asked(&mut self, tenant: &TenantId) {
        self.witness.seen(tenant).deleting += 1;
        self.look_again();
    }

    /// That request was answered, or died.
    pub(crate) fn deletion_answered(&mut self, tenant: &TenantId) {
        let seen = self.witness.seen(tenant);
        let open = if seen.noted > 0 { &mut seen.noted } else { &mut seen.deleting };
        *open = open.saturating_sub(1);
    }

    /// What is deleted is what was there when the request was written down.
    fn status_written(&mut self, tenant: &TenantId, before: Option<&Bytes>, after: &Bytes) {
        let request = |body: &Bytes| serde_json::from_slice::<Status>(body).ok()?.deletion;
        let (old, new) = (before.and_then(request), request(after));
        let seen = self.witness.seen(tenant);
        seen.requested = new.is_some();
        if new.is_some() && new != old && seen.deleting > 0 {
            seen.deleting -= 1;
            seen.noted += 1;
        }
        self.look_again();
    }

    /// Time passed or something changed: what is right to destroy may be otherwise.
    pub(crate) fn look_again(&mut self) {
        let (now, grace, step) = (self.latest_time(), self.witness.grace, self.step);
        for seen in self.witness.tenants.values_mut() {
            if seen.deleting > 0 {
                seen.deletable.extend(seen.live.values().copied());
                seen.deletable_without |= seen.live.is_empty();
            }
            if seen.may_be_destroyed(now, grace) {
                seen.last_right_to_destroy = Some(step);
            }
        }
    }

    /// A person writes a definition.
    pub(crate) fn definition_written(&mut self, name: &ObjectName, generation: Generation) {
        let Some(object) = DefinitionObject::parse(name) else { return };
        // Before the definition comes, it may have been right to destroy; afterwards it is not.
        self.look_again();
        self.step += 1;
        let seen = self.witness.seen(&object.tenant);
        seen.live.insert(name.clone(), generation);
        (seen.absent_since, seen.deletable_without) = (None, false);
        self.look_again();
        self.events.push(object.tenant);
    }

    /// Somebody removes a definition.
    pub(crate) fn definition_removed(&mut self, name: &ObjectName) {
        let Some(object) = DefinitionObject::parse(name) else { return };
        self.step += 1;
        let now = self.now;
        let seen = self.witness.seen(&object.tenant);
        seen.live.remove(name);
        if seen.live.is_empty() {
            seen.absent_since = Some(now);
        }
        self.look_again();
        self.events.push(object.tenant);
    }

    /// One of our processes wrote an object.
    pub(crate) fn written(
        &mut self,
        which: Which,
        name: &ObjectName,
        before: Option<&Bytes>,
        after: &Bytes,
        generation: Generation,
    ) {
        self.step += 1;
        if which == Which::Definitions {
            self.definition_written(name, generation);
            return;
        }
        if name.as_str().starts_with("leases/") || name.as_str().starts_with("slots/") {
            self.lease_written(name, before, after);
        }
        if let Some(tenant) = RecordName::tenant_of_status(name) {
            self.status_written(&tenant, before, after);
        }
    }

    fn lease_written(&mut self, name: &ObjectName, before: Option<&Bytes>, after: &Bytes) {
        let parse = |body: &Bytes| serde_json::from_slice::<Value>(body).unwrap_or_default();
        let (old, new) = (before.map(parse).unwrap_or_default(), parse(after));
        let epoch = |lease: &Value| lease["epoch"].as_u64().unwrap_or_default();
        let holder = |lease: &Value| lease["holder"]["operation"].as_str().map(str::to_owned);
        let (old_epoch, new_epoch) = (epoch(&old), epoch(&new));
        let mut wrong = None;
        if new_epoch < old_epoch {
            wrong = Some(format!("{name}: epoch {new_epoch} after {old_epoch}"));
        } else if new_epoch == old_epoch && holder(&new).is_some() && holder(&new) != holder(&old) {
            wrong = Some(format!("{name}: two holders of epoch {new_epoch}"));
        } else if new_epoch > old_epoch && holder(&old).is_some() {
            let expires = old["holder"]["expires"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
            if expires.is_none_or(|expires| expires > self.latest_time()) {
                wrong = Some(format!("{name}: taken from epoch {old_epoch}, which holds it until {expires:?}"));
            }
        }
        if let Some(what) = wrong {
            self.witness.breach(Invariant::LeaseHolds, what);
        }
        if let Some(tenant) = tenant_of_lease(name) {
            let step = self.step;
            self.witness.seen(&tenant).leases.entry(Epoch(new_epoch)).or_insert(step);
        }
    }

    /// One of our processes deleted an object.
    pub(crate) fn deleted(&mut self, which: Which, name: &ObjectName, before: &Versioned<Bytes>) {
        if which == Which::Definitions {
            if let Some(object) = DefinitionObject::parse(name) {
                let seen = self.witness.seen(&object.tenant);
                let (asked, others) = (seen.deletable.contains(&before.generation), seen.live.len() > 1);
                if !asked && !others {
                    let what = format!("{name}: removed, although nobody asked for it");
                    self.witness.breach(Invariant::DefinitionKept, what);
                }
            }
            self.definition_removed(name);
            return;
        }
        self.step += 1;
        if let Some(tenant) = RecordName::tenant_of_status(name) {
            self.forgotten(&tenant, &before.value);
            self.witness.seen(&tenant).requested = false;
        }
    }

    fn forgotten(&mut self, tenant: &TenantId, last: &Bytes) {
        let Ok(status) = serde_json::from_slice::<Status>(last) else { return };
        let left = self.witness.cloud.resources.get(tenant).is_some_and(|left| !left.is_empty());
        let tainted = self.witness.is_tainted(tenant);
        if left && status.terms.policy == DeletionPolicy::Delete && !tainted {
            self.witness.breach(Invariant::NoOrphan, format!("{tenant}: forgotten while its resources are there"));
        }
    }

    /// State was saved or fenced under an epoch.
    pub(crate) fn saved(&mut self, tenant: &TenantId, epoch: Epoch) {
        let seen = self.witness.seen(tenant);
        let newest = seen.newest_save;
        seen.newest_save = newest.max(Some(epoch));
        if newest > Some(epoch) {
            self.witness.breach(Invariant::OneSaves, format!("{tenant}: saved under {epoch} after {newest:?}"));
        }
    }

    /// A run under this epoch is about to destroy something of a tenant.
    pub(crate) fn destroyed(&mut self, tenant: &TenantId, epoch: Epoch) {
        self.look_again();
        let seen = self.witness.seen(tenant);
        let began = seen.leases.get(&epoch).copied().unwrap_or_default();
        if seen.last_right_to_destroy.is_none_or(|last| last < began) {
            let what = format!("{tenant}: destroyed under {epoch}, although it was wanted all along");
            self.witness.breach(Invariant::NothingDestroyedUnasked, what);
        }
    }

    pub(crate) fn breach(&mut self, invariant: Invariant, what: String) {
        self.witness.breach(invariant, what);
    }
}

fn tenant_of_lease(name: &ObjectName) -> Option<TenantId> {
    name.as_str().strip_prefix("leases/")?.strip_suffix(".json")?.parse().ok()
}
