//! What an answer of the installer, or the lack of one, means for the tenant: pure readings.

use super::contract::{InstallRequest, InstallStatus, PluginReport, PluginResult, Report, effective};
use super::installer::InstallError;
use super::lock::Lock;
use super::resolve::ResolveError;

/// Why plugins are not what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setback {
    /// For programs, `UpperCamel`.
    pub reason: String,
    /// Which plugin, and why.
    pub message: String,
    /// Whether the same may end otherwise soon.
    pub retryable: bool,
    /// Whether the tenant is not as defined because of it.
    pub fails_tenant: bool,
}

impl Setback {
    fn new(reason: &str, message: String, retryable: bool) -> Self {
        Self { reason: reason.to_owned(), message, retryable, fails_tenant: true }
    }

    /// A bundle that was rolled out was taken back.
    pub fn taken_back(message: String) -> Self {
        Self::new("RolledBack", message, false)
    }
}

impl From<&ResolveError> for Setback {
    fn from(error: &ResolveError) -> Self {
        Self::new(error.reason(), format!("{error}; what ran before goes on"), error.retryable())
    }
}

impl From<&InstallError> for Setback {
    fn from(error: &InstallError) -> Self {
        // What the platform has not got is no fault of a tenant.
        let fails_tenant = !matches!(error, InstallError::NoSite(_) | InstallError::NoInstaller(_));
        Self { fails_tenant, ..Self::new(error.reason(), error.to_string(), error.retryable()) }
    }
}

/// The lock that holds after a phase, or what is in the way.
pub fn outcome(request: &InstallRequest, report: &Report) -> Result<Lock, Setback> {
    if report.status.moves() {
        return Ok(effective(request, report.status, &report.plugins));
    }
    let retryable = report.status.retryable() || report.status == InstallStatus::UnhealthyBefore;
    Err(Setback::new(reason(report.status), told(report), retryable))
}

const fn reason(status: InstallStatus) -> &'static str {
    match status {
        InstallStatus::Converged => "Installed",
        InstallStatus::OptionalFailed => "OptionalFailed",
        InstallStatus::UnhealthyBefore => "UnhealthyBefore",
        InstallStatus::RolledBack => "RolledBack",
        InstallStatus::RollbackFailed => "RollbackFailed",
        InstallStatus::BadInput => "BadInput",
        InstallStatus::BadArchive => "BadArchive",
        InstallStatus::TryAgain => "TryAgain",
    }
}

/// What failed, plugin by plugin; without one, what the report says of itself.
fn told(report: &Report) -> String {
    let plugins = failures(&report.plugins);
    let health = report.health_after.as_ref().or(report.health_before.as_ref());
    let site = health.map(super::contract::Health::problems).unwrap_or_default();
    let parts = [plugins, report.message.clone(), site];
    let mut said: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    said.dedup();
    if said.is_empty() {
        format!("the {} phase says {}", report.phase.as_str(), reason(report.status))
    } else {
        said.join("; ")
    }
}

/// Each plugin that failed, and why; empty when none did.
pub fn failures(plugins: &[PluginReport]) -> String {
    let failed = plugins.iter().filter(|plugin| has_failed(plugin));
    let told = failed.map(|plugin| {
        let version = plugin.to.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
        let result = serde_json::to_value(plugin.result).ok();
        let result = result.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        let why = if plugin.message.is_empty() { result } else { format!("{result}: {}", plugin.message) };
        format!("plugin {}{version}: {why}", plugin.name)
    });
    told.collect::<Vec<_>>().join("; ")
}

/// Whether a plugin is not as it was wanted through a fault of its own.
fn has_failed(plugin: &PluginReport) -> bool {
    !plugin.result.holds() && !matches!(plugin.result, PluginResult::Removed | PluginResult::Skipped)
}
