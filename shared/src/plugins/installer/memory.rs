//! An installer whose sites are in memory, for tests of everything above the port. It keeps the promises of the port: a
//! bundle that was not staged cannot be activated, a plugin that breaks a site is taken back, and asking again changes
//! nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{InstallError, InstallRun, PluginInstaller};
use crate::digest::Digest;
use crate::plugins::contract::{
    InstallPhase, InstallRequest, InstallStatus, PluginReport, PluginResult, Report, effective,
};
use crate::plugins::{Lock, LockedPlugin};
use crate::tenant::TenantId;

/// The installer. Cloning shares it.
#[derive(Clone, Default)]
pub struct MemoryInstaller(Arc<Mutex<World>>);

#[derive(Default)]
struct World {
    bundles: BTreeSet<(TenantId, Digest)>,
    active: BTreeMap<TenantId, Lock>,
    broken: BTreeSet<(String, String)>,
    no_sites: bool,
    unwell: bool,
    errors: BTreeMap<usize, InstallError>,
    runs: Vec<InstallPhase>,
}

impl MemoryInstaller {
    /// This version of this plugin breaks every site from now on.
    pub fn breaks(&self, plugin: &str, version: &str) {
        self.world().broken.insert((plugin.to_owned(), version.to_owned()));
    }

    /// It does so no longer.
    pub fn breaks_no_more(&self) {
        self.world().broken.clear();
    }

    /// No site is attached.
    pub fn has_no_sites(&self) {
        self.world().no_sites = true;
    }

    /// Public sites do not answer as they should.
    pub fn sites_are_unwell(&self, unwell: bool) {
        self.world().unwell = unwell;
    }

    /// The phase after so many others ends so.
    pub fn fail_after(&self, phases: usize, error: InstallError) {
        let mut world = self.world();
        let at = world.runs.len() + phases;
        world.errors.insert(at, error);
    }

    /// The phases that were run, in order.
    pub fn runs(&self) -> Vec<InstallPhase> {
        self.world().runs.clone()
    }

    /// What a tenant's database says is active.
    pub fn active(&self, tenant: &TenantId) -> Vec<String> {
        let world = self.world();
        let active = world.active.get(tenant).map(Lock::plugins).unwrap_or_default();
        active.iter().map(|plugin| format!("{} {}", plugin.name, plugin.version)).collect()
    }

    /// Whether a bundle was staged.
    pub fn has_bundle(&self, tenant: &TenantId, bundle: Digest) -> bool {
        self.world().bundles.contains(&(tenant.clone(), bundle))
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl PluginInstaller for MemoryInstaller {
    async fn run(&self, run: &InstallRun) -> Result<Report, InstallError> {
        let mut world = self.world();
        let number = world.runs.len();
        world.runs.push(run.phase);
        if let Some(error) = world.errors.remove(&number) {
            return Err(error);
        }
        match run.phase {
            InstallPhase::Stage => Ok(world.stage(&run.request)),
            InstallPhase::Activate if world.no_sites => Err(InstallError::NoSite("none in memory".to_owned())),
            InstallPhase::Activate => Ok(world.activate(&run.request)),
            InstallPhase::Verify => Ok(world.verify(&run.request)),
        }
    }
}

impl World {
    fn stage(&mut self, request: &InstallRequest) -> Report {
        let plugins: Vec<_> =
            request.lock.plugins().iter().map(|plugin| said(request, plugin, PluginResult::Staged)).collect();
        if request.settled {
            let kept = [request.before.bundle(), request.lock.bundle()];
            self.bundles.retain(|(tenant, bundle)| *tenant != request.tenant || kept.contains(&Some(*bundle)));
        }
        if let Some(bundle) = request.lock.bundle() {
            self.bundles.insert((request.tenant.clone(), bundle));
        }
        report(request, InstallPhase::Stage, InstallStatus::Converged, plugins)
    }

    fn activate(&mut self, request: &InstallRequest) -> Report {
        let staged =
            request.lock.bundle().is_none_or(|bundle| self.bundles.contains(&(request.tenant.clone(), bundle)));
        if !staged {
            return report(request, InstallPhase::Activate, InstallStatus::BadInput, Vec::new());
        }
        let breaks =
            |plugin: &LockedPlugin| self.broken.contains(&(plugin.name.to_string(), plugin.version.to_string()));
        let result = |plugin: &LockedPlugin| match request.before.get(&plugin.name) {
            _ if breaks(plugin) => PluginResult::UnhealthyReverted,
            Some(before) if before.version == plugin.version => PluginResult::Unchanged,
            _ => PluginResult::Applied,
        };
        let plugins: Vec<_> =
            request.lock.plugins().iter().map(|plugin| said(request, plugin, result(plugin))).collect();
        let failed =
            |required: bool| plugins.iter().any(|plugin| !plugin.result.holds() && plugin.required == required);
        let status = match (failed(true), failed(false)) {
            (true, _) => InstallStatus::RolledBack,
            (false, true) => InstallStatus::OptionalFailed,
            (false, false) => InstallStatus::Converged,
        };
        self.active.insert(request.tenant.clone(), effective(request, status, &plugins));
        report(request, InstallPhase::Activate, status, plugins)
    }

    fn verify(&self, request: &InstallRequest) -> Report {
        let status = if self.unwell { InstallStatus::UnhealthyBefore } else { InstallStatus::Converged };
        report(request, InstallPhase::Verify, status, Vec::new())
    }
}

fn said(request: &InstallRequest, plugin: &LockedPlugin, result: PluginResult) -> PluginReport {
    let message = if result.holds() { String::new() } else { "/ answers 500".to_owned() };
    PluginReport { message, ms: 1, ..request.told(plugin, result) }
}

fn report(request: &InstallRequest, phase: InstallPhase, status: InstallStatus, plugins: Vec<PluginReport>) -> Report {
    let rolled_back = status == InstallStatus::RolledBack;
    Report { rolled_back, ms: 1, ..request.answered(phase, status, plugins) }
}
