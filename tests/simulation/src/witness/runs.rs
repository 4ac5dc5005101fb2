//! Runs: who may save, and what may be destroyed.

use tenancy::digest::Digest;
use tenancy::provision::Epoch;
use tenancy::tenant::TenantId;

use super::{Excuse, Invariant, Witness};
use crate::world::State;

impl Witness {
    /// A run has its lock and has read its state.
    pub(crate) fn run_began(&mut self, tenant: &TenantId, epoch: Epoch) {
        let seen = self.seen(tenant);
        let newest = seen.newest_save;
        // Whoever is older than the newest save or fence can save no more.
        let other = seen.running.iter().copied().find(|other| newest.is_none_or(|newest| *other >= newest));
        seen.running.push(epoch);
        if let Some(other) = other {
            self.breach(Invariant::OneSaves, format!("{tenant}: runs under {other} and {epoch} could both save"));
        }
    }

    /// A run ended, or its process died.
    pub(crate) fn run_ended(&mut self, tenant: &TenantId, epoch: Epoch) {
        let running = &mut self.seen(tenant).running;
        if let Some(at) = running.iter().position(|other| *other == epoch) {
            running.remove(at);
        }
    }

    /// A run makes or destroys something.
    pub(crate) fn touched(&mut self, tenant: &TenantId, epoch: Epoch) {
        let seen = self.seen(tenant);
        if seen.newest_save > Some(epoch) {
            seen.excuse = Some(Excuse::TouchedWhileFenced);
        } else if seen.excuse == Some(Excuse::Retained) {
            // What was kept is taken over again.
            seen.excuse = None;
        }
    }
}

impl State {
    /// State was saved or fenced under an epoch.
    pub(crate) fn saved(&mut self, tenant: &TenantId, epoch: Epoch) {
        let seen = self.witness.seen(tenant);
        let newest = seen.newest_save;
        seen.newest_save = newest.max(Some(epoch));
        if newest > Some(epoch) {
            self.breach(Invariant::OneSaves, format!("{tenant}: saved under {epoch} after {newest:?}"));
        }
    }

    /// A run under this epoch is about to destroy something of a tenant.
    pub(crate) fn destroys(&mut self, tenant: &TenantId, epoch: Epoch) {
        self.look_again();
        let seen = self.witness.seen(tenant);
        let began = seen.leases.get(&epoch).copied().unwrap_or_default();
        if seen.last_right_to_destroy.is_none_or(|last| last < began) {
            let what = format!("{tenant}: destroyed under {epoch}, although it was wanted all along");
            self.breach(Invariant::NothingDestroyedUnasked, what);
        }
    }

    /// A run is about to replace a tenant's database because somebody approved this plan.
    pub(crate) fn replaces(&mut self, tenant: &TenantId, plan: Digest) {
        let approvals = self.witness.seen(tenant).approved.entry(plan).or_default();
        if let Some(left) = approvals.checked_sub(1) {
            *approvals = left;
        } else {
            let what = format!("{tenant}: its database is replaced by {plan}, which nobody approved (again)");
            self.breach(Invariant::NothingDestroyedUnasked, what);
        }
    }
}
