//! The cloud and its workspaces: what is there, what a state knows of it, and whose lock and epoch count.

use std::collections::BTreeMap;

use serde_json::json;
use tenancy::operation::OperationId;
use tenancy::provision::Epoch;
use tenancy::provision::two_resources::{Resources, SERVICE};
use tenancy::tenant::TenantId;

use crate::tally::Happening;
use crate::world::State;

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
