//! What our processes write into the buckets.

use bytes::Bytes;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tenancy::operation::OperationId;
use tenancy::provision::Epoch;
use tenancy::records::{Belonging, DefinitionObject, Operation, RecordName, Status};
use tenancy::store::{Generation, ObjectName, Versioned};
use tenancy::tenant::{DeletionPolicy, TenantId};

use super::{Excuse, Invariant};
use crate::bucket::Which;
use crate::tally::Happening;
use crate::world::State;

impl State {
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
        self.operation_written(name, after);
        if let Some(tenant) = RecordName::tenant_of_status(name) {
            self.witness.seen(&tenant).variables = parsed::<Status>(after).and_then(|status| status.variables);
            // Begun anew, because somebody asked for something meanwhile.
            if let Some(before) = before.filter(|before| had_something(before) && !had_something(after)) {
                self.forgotten(&tenant, before);
            }
            self.status_written(&tenant, before, after);
        }
    }

    /// One of our processes deleted an object.
    pub(crate) fn deleted(&mut self, which: Which, name: &ObjectName, before: &Versioned<Bytes>) {
        if which == Which::Definitions {
            self.definition_deleted(name, before.generation);
            return;
        }
        self.step += 1;
        self.belonging_deleted(name);
        if let Some(tenant) = RecordName::tenant_of_status(name) {
            self.witness.seen(&tenant).variables = None;
            self.forgotten(&tenant, &before.value);
            self.status_removed(&tenant);
        }
    }

    fn operation_written(&mut self, name: &ObjectName, after: &Bytes) {
        let Some((tenant, id, Belonging::Record)) = belonging(name) else { return };
        let open = parsed::<Operation>(after).is_some_and(|operation| !operation.outcome.is_final());
        let operations = &mut self.witness.seen(&tenant).open;
        if open {
            operations.insert(id);
        } else {
            operations.remove(&id);
        }
    }

    /// What was kept long enough went. Nobody may need it any more.
    fn belonging_deleted(&mut self, name: &ObjectName) {
        let Some((tenant, id, belonging)) = belonging(name) else { return };
        self.happened(Happening::Pruned);
        let seen = self.witness.seen(&tenant);
        if seen.open.contains(&id) {
            self.breach(Invariant::KeptWhileNeeded, format!("{name}: deleted before the operation ended"));
        } else if belonging == Belonging::Variables && seen.variables == Some(id) {
            self.breach(Invariant::KeptWhileNeeded, format!("{name}: a destroy would run with them"));
        }
    }

    fn lease_written(&mut self, name: &ObjectName, before: Option<&Bytes>, after: &Bytes) {
        let parse = |body: &Bytes| serde_json::from_slice::<Value>(body).unwrap_or_default();
        let (old, new) = (before.map(parse).unwrap_or_default(), parse(after));
        if let Some(what) = wrong_with_lease(&old, &new, self.latest_time()) {
            self.breach(Invariant::LeaseHolds, format!("{name}: {what}"));
        }
        if let Some(tenant) = RecordName::tenant_of_lease(name) {
            let step = self.step;
            self.witness.seen(&tenant).leases.entry(Epoch(epoch(&new))).or_insert(step);
        }
    }

    fn definition_deleted(&mut self, name: &ObjectName, generation: Generation) {
        if let Some(object) = DefinitionObject::parse(name) {
            let seen = self.witness.seen(&object.tenant);
            let (asked, others) = (seen.deletable.contains(&Some(generation)), seen.live.len() > 1);
            if !asked && !others {
                self.breach(Invariant::DefinitionKept, format!("{name}: removed, although nobody asked for it"));
            }
        }
        self.definition_removed(name);
    }

    fn forgotten(&mut self, tenant: &TenantId, last: &Bytes) {
        let Ok(status) = serde_json::from_slice::<Status>(last) else { return };
        if self.witness.cloud.real(tenant).is_empty() {
            return;
        }
        if status.terms.policy == DeletionPolicy::Retain {
            self.witness.seen(tenant).excuse.get_or_insert(Excuse::Retained);
        }
        if !self.witness.is_excused(tenant) {
            self.breach(Invariant::NoOrphan, format!("{tenant}: forgotten while its resources are there"));
        }
    }
}

/// To whose operation an object belongs.
fn belonging(name: &ObjectName) -> Option<(TenantId, OperationId, Belonging)> {
    let tenant: TenantId = name.as_str().strip_prefix("operations/")?.split('/').next()?.parse().ok()?;
    let (id, belonging) = RecordName::belonging(&tenant, name)?;
    Some((tenant, id, belonging))
}

fn parsed<T: DeserializeOwned>(body: &Bytes) -> Option<T> {
    serde_json::from_slice(body).ok()
}

/// Whether a status speaks of a run that may have made something.
fn had_something(status: &Bytes) -> bool {
    serde_json::from_slice::<Status>(status).is_ok_and(|status| status.variables.is_some())
}

fn epoch(lease: &Value) -> u64 {
    lease["epoch"].as_u64().unwrap_or_default()
}

/// What is wrong with a lease that becomes another.
fn wrong_with_lease(old: &Value, new: &Value, now: Timestamp) -> Option<String> {
    let holder = |lease: &Value| lease["holder"]["operation"].as_str().map(str::to_owned);
    let (old_epoch, new_epoch) = (epoch(old), epoch(new));
    if new_epoch < old_epoch {
        return Some(format!("epoch {new_epoch} after {old_epoch}"));
    }
    if new_epoch == old_epoch {
        let changed = holder(new).is_some() && holder(new) != holder(old);
        return changed.then(|| format!("two holders of epoch {new_epoch}"));
    }
    holder(old)?;
    let expires = old["holder"]["expires"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let held = expires.is_none_or(|expires| expires > now);
    held.then(|| format!("taken from epoch {old_epoch}, which holds it until {expires:?}"))
}
