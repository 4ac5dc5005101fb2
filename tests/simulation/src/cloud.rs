//! The cloud and its workspaces: what is there, what a state knows of it, and whose lock and epoch count.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tenancy::digest::Digest;
use tenancy::operation::OperationId;
use tenancy::provision::{Change, ChangeAction, ChangeSummary, Epoch, ResourceAddress, Run};
use tenancy::tenant::TenantId;

use crate::tally::Happening;
use crate::world::State;

/// The stateful one of a tenant's two resources.
pub(crate) const DATABASE: &str = "simulated_database.site";
/// The other one.
pub(crate) const SERVICE: &str = "simulated_service.site";

/// Resources by address.
pub(crate) type Resources = BTreeMap<&'static str, Value>;

/// Workspaces and resources of all tenants.
#[derive(Default)]
pub(crate) struct Cloud {
    pub(crate) resources: BTreeMap<TenantId, Resources>,
    pub(crate) workspaces: BTreeMap<TenantId, Workspace>,
    pub(crate) locks: BTreeMap<TenantId, Lock>,
    generations: u64,
}

/// A state object.
#[derive(Clone)]
pub(crate) struct Workspace {
    pub(crate) generation: u64,
    pub(crate) epoch: Epoch,
    pub(crate) state: Resources,
    /// It only holds the place: fenced before it was made.
    pub(crate) placeholder: bool,
}

/// A lock object.
#[derive(Clone, Copy)]
pub(crate) struct Lock {
    pub(crate) operation: OperationId,
    pub(crate) epoch: Epoch,
}

impl Cloud {
    pub(crate) fn real(&self, tenant: &TenantId) -> Resources {
        self.resources.get(tenant).cloned().unwrap_or_default()
    }

    pub(crate) fn save(&mut self, tenant: &TenantId, epoch: Epoch, state: Resources, placeholder: bool) -> u64 {
        self.generations += 1;
        let generation = self.generations;
        self.workspaces.insert(tenant.clone(), Workspace { generation, epoch, state, placeholder });
        generation
    }

    /// Deletes a state object if it is of this generation; says whether it was.
    pub(crate) fn delete(&mut self, tenant: &TenantId, generation: Option<u64>) -> bool {
        let live = self.workspaces.get(tenant).map(|found| found.generation);
        if live == generation {
            self.workspaces.remove(tenant);
        }
        live == generation
    }

    pub(crate) fn holds(&self, tenant: &TenantId, operation: OperationId) -> bool {
        self.locks.get(tenant).is_some_and(|lock| lock.operation == operation)
    }

    pub(crate) fn unlock(&mut self, tenant: &TenantId, operation: OperationId) {
        if self.holds(tenant, operation) {
            self.locks.remove(tenant);
        }
    }
}

impl State {
    /// Somebody with a console changes a tenant's service.
    pub(crate) fn change_outside(&mut self, tenant: &TenantId) {
        let Some(resources) = self.witness.cloud.resources.get_mut(tenant) else { return };
        if resources.contains_key(SERVICE) {
            resources.insert(SERVICE, json!({"changed": "by hand"}));
            self.happened(Happening::ChangeOutside);
            self.tell(format_args!("somebody changes {SERVICE} of {tenant}"));
            self.witness.changed_outside(tenant);
        }
    }

    /// Writes the state anew under this epoch; `false` if a newer one is there.
    pub(crate) fn fence(&mut self, tenant: &TenantId, epoch: Epoch) -> bool {
        let cloud = &mut self.witness.cloud;
        let (state, placeholder) = match cloud.workspaces.get(tenant) {
            Some(found) if found.epoch > epoch => return false,
            Some(found) if found.epoch == epoch => return true,
            Some(found) => (found.state.clone(), found.placeholder),
            None => (Resources::new(), true),
        };
        cloud.save(tenant, epoch, state, placeholder);
        self.tell(format_args!("{tenant} is fenced under {epoch}"));
        self.saved(tenant, epoch);
        true
    }
}

/// What a run makes of its variables.
pub(crate) fn wanted(variables: &str) -> Resources {
    let variables: Value = serde_json::from_str(variables).unwrap_or_default();
    BTreeMap::from([(DATABASE, variables["database"].clone()), (SERVICE, variables)])
}

/// What brings one to the other. A database is replaced, everything else changed in place.
pub(crate) fn compare(have: &Resources, want: &Resources) -> ChangeSummary {
    let change = |address: &'static str| {
        let action = match (have.get(address), want.get(address)) {
            (None, Some(_)) => ChangeAction::Create,
            (Some(_), None) => ChangeAction::Delete,
            (Some(have), Some(want)) if have != want && address == DATABASE => ChangeAction::Replace,
            (Some(have), Some(want)) if have != want => ChangeAction::Update,
            _ => return None,
        };
        Some(Change { address: ResourceAddress::new(address), action })
    };
    [DATABASE, SERVICE].into_iter().filter_map(change).collect()
}

/// What of it destroys data.
pub(crate) fn guarded(changes: &ChangeSummary) -> Vec<ResourceAddress> {
    let lost = |change: &&Change| {
        change.address.as_str() == DATABASE && matches!(change.action, ChangeAction::Replace | ChangeAction::Delete)
    };
    changes.changes().iter().filter(lost).map(|change| change.address.clone()).collect()
}

/// What an approval of these changes is given to: the changes and the values they are planned with.
pub(crate) fn approval(changes: &ChangeSummary, run: &Run) -> Option<Digest> {
    let (what, with) = (changes.digest(), run.variables.digest());
    (!guarded(changes).is_empty()).then(|| Digest::of_parts([what.as_bytes().as_slice(), with.as_bytes().as_slice()]))
}
