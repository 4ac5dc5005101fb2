//! What the control plane and `install-plugins` say to each other: a request object, a report object beside it, an exit
//! code. Both sides speak these types and no others; their JSON is held by snapshots.
//!
//! The order that keeps a site up: **stage** (no database, no plugin's code is run) makes the bundle; **activate** runs
//! with the site's own image and identity beside the revision that serves, on the new bundle, and takes back what breaks;
//! then the revision that mounts [`Report::bundle`] is rolled out; **verify** looks at the public site. No visitor meets
//! a plugin that was not seen to work. Each phase may be run again, after whatever end.
//!
//! A report is written by a process that has run plugins' code: of what it says only names and results are believed,
//! and [`effective`] makes the lock from those and from what the control plane itself asked for.

use serde::{Deserialize, Serialize};

use super::lock::{Lock, LockedPlugin, PluginName, PluginVersion};
use super::source::Source;
use crate::digest::Digest;
use crate::operation::OperationId;
use crate::store::{Generation, ObjectName};
use crate::tenant::TenantId;

/// What `install-plugins` is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstallPhase {
    /// Make the bundle: fetch, check, upload. No database, and no plugin's code is run.
    Stage,
    /// Make the database fit the bundle, one plugin at a time, and take back what breaks.
    Activate,
    /// Look at the public site; change nothing.
    Verify,
}

impl InstallPhase {
    /// The word for it, in arguments and object names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Activate => "activate",
            Self::Verify => "verify",
        }
    }
}

/// A request, the same for every phase: JSON, at `gs://ARTIFACTS/tenants/{id}/plugins/requests/{operation}.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstallRequest {
    /// Whose plugins.
    pub tenant: TenantId,
    /// Of the definition that asks for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<Generation>,
    /// On behalf of which operation.
    pub operation: OperationId,
    /// The bucket of bundles.
    pub artifacts_bucket: String,
    /// The lock that the site runs now, empty before the first one. Its bundle is there.
    #[serde(default)]
    pub before: Lock,
    /// The lock it should run.
    pub lock: Lock,
    /// The site is known to serve `before`: bundles of neither lock are nobody's any more, and `stage` removes them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub settled: bool,
    /// The public site, without a slash at its end; what it answers is looked at where it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_url: Option<String>,
}

impl InstallRequest {
    /// Where a tenant's requests are, in the artifacts bucket.
    pub fn object_name(tenant: &TenantId, operation: OperationId) -> ObjectName {
        ObjectName::of_parts(format_args!("tenants/{tenant}/plugins/requests/{operation}.json"))
    }

    /// Where the report of one phase is written: beside its request.
    pub fn report_source(request: &Source, phase: InstallPhase) -> Source {
        let beside = |name: &str| format!("{}.{}.json", name.strip_suffix(".json").unwrap_or(name), phase.as_str());
        match request {
            Source::Web(url) => Source::Web(beside(url)),
            Source::Object { bucket, name } => Source::Object {
                bucket: bucket.clone(),
                name: ObjectName::of_parts(format_args!("{}", beside(name.as_str()))),
            },
            Source::File(path) => Source::File(beside(&path.to_string_lossy()).into()),
        }
    }
}

impl InstallRequest {
    /// The report of one phase that ended so. What was said and seen, and how long it took, is added by whoever knows.
    pub fn answered(&self, phase: InstallPhase, status: InstallStatus, plugins: Vec<PluginReport>) -> Report {
        Report {
            tenant: self.tenant.clone(),
            generation: self.generation,
            operation: self.operation,
            phase,
            digest_from: self.before.bundle(),
            digest_to: self.lock.bundle(),
            bundle: effective(self, status, &plugins).bundle(),
            status,
            message: String::new(),
            health_before: None,
            health_after: None,
            rolled_back: false,
            plugins,
            ms: 0,
        }
    }

    /// What came of one plugin of the lock, without words and without its time.
    pub fn told(&self, plugin: &LockedPlugin, result: PluginResult) -> PluginReport {
        PluginReport {
            name: plugin.name.clone(),
            from: self.before.get(&plugin.name).map(|before| before.version.clone()),
            to: Some(plugin.version.clone()),
            sha256: Some(plugin.sha256),
            required: plugin.required,
            result,
            message: String::new(),
            ms: 0,
        }
    }
}

/// How a phase ended: one word, one exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum InstallStatus {
    /// As asked.
    Converged,
    /// As asked, but for optional plugins that failed and were taken back.
    OptionalFailed,
    /// The site was not well before anything was touched, and nothing was.
    UnhealthyBefore,
    /// A required plugin failed; the site is as it was.
    RolledBack,
    /// A plugin failed, and the site is not well after it was taken back.
    RollbackFailed,
    /// The request makes no sense.
    BadInput,
    /// A required plugin's archive is not what was locked, or not safe.
    BadArchive,
    /// Something that was needed did not answer; the same request may succeed later.
    TryAgain,
}

impl InstallStatus {
    /// Every status.
    pub const ALL: [Self; 8] = [
        Self::Converged,
        Self::OptionalFailed,
        Self::UnhealthyBefore,
        Self::RolledBack,
        Self::RollbackFailed,
        Self::BadInput,
        Self::BadArchive,
        Self::TryAgain,
    ];

    /// What the process ends with. From 64 on as `sysexits.h` has them.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Converged => 0,
            Self::OptionalFailed => 2,
            Self::UnhealthyBefore => 3,
            Self::RolledBack => 4,
            Self::RollbackFailed => 5,
            Self::BadInput => 64,
            Self::BadArchive => 65,
            Self::TryAgain => 75,
        }
    }

    /// What an exit code says; `None` for one that `install-plugins` never ends with.
    pub fn of_exit_code(code: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|status| i32::from(status.exit_code()) == code)
    }

    /// Whether the same request may succeed later, unchanged.
    pub const fn retryable(self) -> bool {
        match self {
            Self::TryAgain => true,
            Self::Converged
            | Self::OptionalFailed
            | Self::UnhealthyBefore
            | Self::RolledBack
            | Self::RollbackFailed
            | Self::BadInput
            | Self::BadArchive => false,
        }
    }

    /// Whether the site is to run what [`effective`] says; otherwise it stays with what it ran.
    pub const fn moves(self) -> bool {
        matches!(self, Self::Converged | Self::OptionalFailed)
    }
}

/// What came of one plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PluginResult {
    /// Its files are in the bundle.
    Staged,
    /// It is active in the version asked for, and was not before.
    Applied,
    /// It was as asked already.
    Unchanged,
    /// It is no longer wanted, and no longer active.
    Removed,
    /// There is no such archive.
    NotFound,
    /// Its archive is not the one that was locked.
    ChecksumMismatch,
    /// Its archive holds what no plugin may: a path out of its folder, a link, too much.
    UnsafeArchive,
    /// Its header names another version.
    VersionMismatch,
    /// It could not be activated.
    ActivationFailed,
    /// Its activation took too long.
    Timeout,
    /// The site was not well with it.
    UnhealthyReverted,
    /// It was not tried: another plugin had failed by then.
    Skipped,
}

impl PluginResult {
    /// Whether the plugin is as the lock has it.
    pub const fn holds(self) -> bool {
        matches!(self, Self::Staged | Self::Applied | Self::Unchanged)
    }
}

/// One plugin in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PluginReport {
    /// Its slug.
    pub name: PluginName,
    /// The version before; absent: it was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PluginVersion>,
    /// The version asked for; absent: it is to go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PluginVersion>,
    /// The archive asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// Its failure fails the tenant.
    #[serde(default)]
    pub required: bool,
    /// What came of it.
    pub result: PluginResult,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Milliseconds it took.
    pub ms: u64,
}

/// What one address of the site answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Probe {
    /// The path and query asked for.
    pub path: String,
    /// The answer's status code; absent: there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What is wrong with the answer; empty: nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub problem: String,
}

/// How a site was: well if no probe has a problem.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Health {
    /// In the order they were asked.
    pub probes: Vec<Probe>,
}

impl Health {
    /// Every address answered as it should.
    pub fn well(&self) -> bool {
        self.probes.iter().all(|probe| probe.problem.is_empty())
    }

    /// What is wrong, for people; empty when well.
    pub fn problems(&self) -> String {
        let wrong = self.probes.iter().filter(|probe| !probe.problem.is_empty());
        wrong.map(|probe| format!("{} {}", probe.path, probe.problem)).collect::<Vec<_>>().join("; ")
    }
}

/// What a phase came to: JSON, beside its request and as the last line of standard output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Report {
    /// Whose plugins.
    pub tenant: TenantId,
    /// Of the definition that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<Generation>,
    /// On behalf of which operation.
    pub operation: OperationId,
    /// Which phase.
    pub phase: InstallPhase,
    /// The bundle that the site ran before; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest_from: Option<Digest>,
    /// The bundle that was asked for; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest_to: Option<Digest>,
    /// The bundle that the site is to run now, [`effective`]'s; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<Digest>,
    /// How it ended.
    pub status: InstallStatus,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The site before anything was touched; absent where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_before: Option<Health>,
    /// The site at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_after: Option<Health>,
    /// Whether everything was taken back.
    #[serde(default)]
    pub rolled_back: bool,
    /// Every plugin asked for, in the lock's order, then every one that went.
    pub plugins: Vec<PluginReport>,
    /// Milliseconds it took.
    pub ms: u64,
}

/// The lock that holds after a phase ended so: what was asked for, each plugin that failed as it was before, or left out
/// where it was not there. Only names and results of a report are looked at.
pub fn effective(request: &InstallRequest, status: InstallStatus, plugins: &[PluginReport]) -> Lock {
    if !status.moves() {
        return request.before.clone();
    }
    let held = |name: &PluginName| plugins.iter().any(|plugin| plugin.name == *name && plugin.result.holds());
    let kept = request.lock.plugins().iter().filter_map(|plugin| {
        if held(&plugin.name) { Some(plugin.clone()) } else { request.before.get(&plugin.name).cloned() }
    });
    // Names stay as they are in a lock, each once.
    Lock::new(kept.collect()).unwrap_or_default()
}

#[cfg(test)]
#[path = "contract_tests.rs"]
mod tests;
