//! What the platform decides for every tenant: where tenants are, defaults, limits, grace periods. One YAML or JSON file,
//! read once at start.

mod names;
mod projects;
mod retention;

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::tenant::{DriftIgnore, Plugin};

pub use names::{InstanceName, InvalidName, ProjectId, Region};
pub use projects::{Place, TenantProject, Tier};
pub use retention::Retention;

/// Platform settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Platform {
    /// The projects that hold tenants' resources; at least one.
    pub tenant_projects: Vec<TenantProject>,
    /// Runtime image of a tenant that names none.
    pub image: String,
    /// CPU and memory of a tenant that names none.
    #[serde(default)]
    pub resources: DefaultResources,
    /// Instances of a tenant that names none.
    #[serde(default)]
    pub scaling: DefaultScaling,
    /// The tier of a tenant that names none; one that some project offers.
    pub default_tier: String,
    /// The bucket of plugin bundles.
    pub artifacts_bucket: String,
    /// The Cloud Tasks queue, in each tenant's project and region, that wakes sites for their scheduled events; absent: they
    /// run when somebody visits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron_queue: Option<String>,
    /// Plugins of a tenant that names none.
    #[serde(default)]
    pub plugins: Vec<Plugin>,
    /// Limits on work.
    #[serde(default)]
    pub limits: Limits,
    /// What surrounds deletions.
    #[serde(default)]
    pub deletion: Deletion,
    /// What surrounds drift.
    #[serde(default)]
    pub drift: Drift,
    /// When a failed apply is tried again.
    #[serde(default)]
    pub retry: Retry,
    /// What surrounds approvals.
    #[serde(default)]
    pub approvals: Approvals,
    /// For how long is kept what nobody works with any more.
    #[serde(default)]
    pub retention: Retention,
}

/// Defaults of `spec.runtime.resources`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DefaultResources {
    /// Default `"1"`.
    pub cpu: String,
    /// Default `512Mi`.
    pub memory: String,
}

impl Default for DefaultResources {
    fn default() -> Self {
        Self { cpu: "1".to_owned(), memory: "512Mi".to_owned() }
    }
}

/// Defaults of `spec.runtime.scaling`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DefaultScaling {
    /// Default 0: an idle tenant costs nothing.
    pub min_instances: u32,
    /// Default 3: it also bounds the connections to a shared database.
    pub max_instances: u32,
}

impl Default for DefaultScaling {
    fn default() -> Self {
        Self { min_instances: 0, max_instances: 3 }
    }
}

/// Limits on work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Limits {
    /// Runs at once in one process; each takes one provisioning program and its memory. Default 4.
    pub runs: usize,
    /// Runs at once on one database instance, over all processes: the instance takes few operations at once. Default 4.
    pub runs_per_instance: usize,
    /// Runs that begin within a minute in one project, over all processes; of these at most half are nobody's change
    /// (recovery, drift, the platform's own changes). Default: as many as there are.
    pub runs_per_minute: Option<NonZeroU32>,
    /// Seconds a run may take before it is interrupted. Default 540: under the 600 s of a push delivery.
    pub run_seconds: u64,
    /// Seconds a request waits for another run on the same tenant before it answers with an operation to follow.
    /// Default 60.
    pub wait_seconds: u64,
    /// Seconds a lease holds without being renewed. Default 60.
    pub lease_seconds: u64,
    /// Tasks that wait in one process before it answers 'busy'. Default 1000.
    pub queue: usize,
    /// Requests that one process takes at a time over all tenants; one more is told to come later. The last quarter is kept
    /// for tenants that nobody else asks for. Default 200.
    pub requests: usize,
    /// Requests on one tenant that one process takes at a time; one more is told to come later. Default 100.
    pub requests_per_tenant: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            runs: 4,
            runs_per_instance: 4,
            runs_per_minute: None,
            run_seconds: 540,
            wait_seconds: 60,
            lease_seconds: 60,
            queue: 1000,
            requests: 200,
            requests_per_tenant: 100,
        }
    }
}

/// What surrounds deletions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Deletion {
    /// Seconds between a vanished definition and the destroy. Default 86,400.
    pub grace_seconds: u64,
    /// Seconds over which the breaker counts deletions. Default 86,400.
    pub breaker_window_seconds: u64,
    /// Deletions within the window that are always let through. Default 3.
    pub breaker_count: usize,
    /// Share of the fleet, 0 to 1, that may be deleted within the window. Default 0.05.
    pub breaker_share: f64,
    /// Deletions within the window that are the most there may be, however large the fleet is. Default 100.
    pub breaker_most: usize,
}

impl Default for Deletion {
    fn default() -> Self {
        Self {
            grace_seconds: 86_400,
            breaker_window_seconds: 86_400,
            breaker_count: 3,
            breaker_share: 0.05,
            breaker_most: 100,
        }
    }
}

/// What surrounds drift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Drift {
    /// Seconds between two drift checks of one tenant. Default 86,400.
    pub interval_seconds: u64,
    /// Drift checks one sweep hands out at most; those that wait the longest go first. Default 500: with a sweep every
    /// five minutes, 144,000 a day.
    pub checks_per_sweep: usize,
    /// Seconds after which a first sighting is looked at again: what is still there is told to people. Default 3,600.
    pub confirm_seconds: u64,
    /// Differences that are no drift of any tenant. Default none.
    pub ignore: Vec<DriftIgnore>,
}

impl Default for Drift {
    fn default() -> Self {
        Self { interval_seconds: 86_400, checks_per_sweep: 500, confirm_seconds: 3_600, ignore: Vec::new() }
    }
}

/// What surrounds approvals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Approvals {
    /// Seconds an approval holds; then what waits waits for another one. Default 3,600.
    pub valid_seconds: u64,
}

impl Default for Approvals {
    fn default() -> Self {
        Self { valid_seconds: 3_600 }
    }
}

/// Backoff of failed applies: doubles from `first_seconds` up to `most_seconds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Retry {
    /// Default 60.
    pub first_seconds: u64,
    /// Default 3,600.
    pub most_seconds: u64,
}

impl Default for Retry {
    fn default() -> Self {
        Self { first_seconds: 60, most_seconds: 3_600 }
    }
}

impl Retry {
    /// How long to wait after the `failures`th failure in a row (1 is the first).
    pub fn after(&self, failures: u32) -> Duration {
        let doubled =
            self.first_seconds.saturating_mul(1_u64.checked_shl(failures.saturating_sub(1)).unwrap_or(u64::MAX));
        Duration::from_secs(doubled.min(self.most_seconds))
    }
}

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidPlatform {
    /// The file is not what [`Platform`] describes.
    #[error("the platform settings cannot be read: {0}")]
    Syntax(#[from] serde_yaml::Error),
    /// There is nowhere to put a tenant.
    #[error("tenantProjects is empty: name at least one project")]
    NoProject,
    /// Two entries are about the same project and region.
    #[error("tenantProjects names '{0}' twice: a project has one entry a region")]
    SamePlace(Place),
    /// `defaultTier` names no tier.
    #[error("defaultTier '{0}' is offered by none of the tenantProjects")]
    NoSuchTier(String),
    /// A time of `retention` that is none, or too long.
    #[error("retention.{setting} is {days}: a whole number of days, from 1 to 3660")]
    Retention {
        /// Which.
        setting: &'static str,
        /// What was said.
        days: u32,
    },
    /// Nobody would know who did what a log tells of.
    #[error(
        "retention.auditDays is {audit_days} and retention.logDays is {log_days}: the record of who did what is kept at \
         least as long as the log"
    )]
    AuditBeforeLog {
        /// `retention.logDays`.
        log_days: u32,
        /// `retention.auditDays`.
        audit_days: u32,
    },
}

impl Platform {
    /// Reads and checks the settings (YAML, of which JSON is a part).
    pub fn parse(source: &str) -> Result<Self, InvalidPlatform> {
        let platform: Self = serde_yaml::from_str(source)?;
        projects::check(&platform.tenant_projects, &platform.default_tier)?;
        platform.retention.check()?;
        Ok(platform)
    }

    /// Names of all tiers that are offered somewhere, each once.
    pub fn tiers(&self) -> std::collections::BTreeSet<&str> {
        self.tenant_projects.iter().flat_map(|project| project.tiers.keys().map(String::as_str)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_up_to_its_most() {
        let retry = Retry { first_seconds: 60, most_seconds: 3_600 };
        let seconds: Vec<u64> = [1, 2, 3, 7, 64, u32::MAX].map(|n| retry.after(n).as_secs()).to_vec();
        assert_eq!(seconds, [60, 120, 240, 3_600, 3_600, 3_600]);
    }

    #[test]
    fn every_field_is_in_the_reference() {
        let reference = include_str!("../../docs/platform.md");
        let platform = Platform::parse(include_str!("../../deploy/local/platform.yaml")).unwrap();
        let mut fields = vec![(String::new(), serde_json::to_value(platform).unwrap())];
        while let Some((name, value)) = fields.pop() {
            assert!(name.is_empty() || reference.contains(&name), "docs/platform.md says nothing of '{name}'");
            match value {
                // Names of tiers are the platform's own.
                serde_json::Value::Object(map) if name == "tiers" => {
                    fields.extend(map.into_values().map(|tier| (String::new(), tier)));
                }
                serde_json::Value::Object(map) => fields.extend(map),
                serde_json::Value::Array(items) => fields.extend(items.into_iter().map(|item| (String::new(), item))),
                _ => {}
            }
        }
    }
}
