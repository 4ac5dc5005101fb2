//! What people asked for, and when it was right to destroy a tenant because of it.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tenancy::digest::Digest;
use tenancy::records::{DefinitionObject, Status};
use tenancy::store::{Generation, ObjectName};
use tenancy::tenant::TenantId;

use super::{Excuse, Seen};
use crate::world::State;

impl Seen {
    fn may_be_destroyed(&self, now: Timestamp, grace: SignedDuration) -> bool {
        if self.live.is_empty() {
            let over = |since: Timestamp| since.saturating_add(grace).is_ok_and(|over| over <= now);
            return self.deletable.contains(&None) || self.requested || self.absent_since.is_some_and(over);
        }
        self.live.values().all(|generation| self.deletable.contains(&Some(*generation)))
    }
}

impl State {
    /// Somebody asks for a tenant's deletion through the API.
    pub(crate) fn deletion_asked(&mut self, tenant: &TenantId, force: bool) {
        let seen = self.witness.seen(tenant);
        seen.deleting += 1;
        if force {
            seen.excuse = Some(Excuse::Forced);
        }
        self.look_again();
    }

    /// That request was answered, or died.
    pub(crate) fn deletion_answered(&mut self, tenant: &TenantId) {
        let seen = self.witness.seen(tenant);
        let open = if seen.noted > 0 { &mut seen.noted } else { &mut seen.deleting };
        *open = open.saturating_sub(1);
    }

    /// Somebody approves a plan or a deletion.
    pub(crate) fn approved(&mut self, tenant: &TenantId, digest: Digest) {
        *self.witness.seen(tenant).approved.entry(digest).or_default() += 1;
    }

    /// What is deleted is what was there when the request was written down.
    pub(super) fn status_written(&mut self, tenant: &TenantId, before: Option<&Bytes>, after: &Bytes) {
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

    /// A deletion that was asked for is done, or taken back with the whole status.
    pub(super) fn status_removed(&mut self, tenant: &TenantId) {
        self.witness.seen(tenant).requested = false;
    }

    /// Time passed or something changed: what is right to destroy may be otherwise.
    pub(crate) fn look_again(&mut self) {
        let (now, grace, step) = (self.latest_time(), self.witness.grace, self.step);
        for seen in self.witness.tenants.values_mut() {
            if seen.deleting > 0 {
                seen.deletable.extend(seen.live.values().copied().map(Some));
                if seen.live.is_empty() {
                    seen.deletable.insert(None);
                }
            }
            if seen.may_be_destroyed(now, grace) {
                seen.last_right_to_destroy = Some(step);
            }
        }
    }

    /// A person puts a definition beside another one.
    pub(crate) fn definition_conflicts(&mut self, tenant: &TenantId) {
        self.witness.seen(tenant).conflicting = true;
    }

    /// A definition is written.
    pub(crate) fn definition_written(&mut self, name: &ObjectName, generation: Generation) {
        let Some(object) = DefinitionObject::parse(name) else { return };
        // Before the definition comes, it may have been right to destroy; afterwards it is not.
        self.look_again();
        self.step += 1;
        let seen = self.witness.seen(&object.tenant);
        seen.live.insert(name.clone(), generation);
        seen.absent_since = None;
        seen.deletable.remove(&None);
        self.look_again();
        self.events.push(object.tenant);
    }

    /// A definition is removed.
    pub(crate) fn definition_removed(&mut self, name: &ObjectName) {
        let Some(object) = DefinitionObject::parse(name) else { return };
        self.step += 1;
        let now = self.now;
        let seen = self.witness.seen(&object.tenant);
        seen.live.remove(name);
        if seen.live.is_empty() {
            (seen.absent_since, seen.conflicting) = (Some(now), false);
        }
        self.look_again();
        self.events.push(object.tenant);
    }
}
