//! What is known of a tenant's plugins: what is wanted, what it was resolved to, what the site runs, and what came of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::operation::Principal;
use crate::digest::Digest;
use crate::plugins::{Lock, PluginReport};
use crate::store::Generation;
use crate::tenant::Plugins;

/// A tenant's plugins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PluginsRecord {
    /// What the definition or the platform wants.
    pub wanted: Plugins,
    /// Names `wanted`, so that a change is seen.
    pub digest: Digest,
    /// The generation of the object that holds the list, where one does: as it was last looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<Generation>,
    /// What it was resolved to; absent until that succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<Lock>,
    /// Names the lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock_digest: Option<Digest>,
    /// When it was last resolved.
    pub resolved: Timestamp,
    /// The lock that was carried out to its end, be it without optional plugins that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Digest>,
    /// What the site is to run: what held of the last lock. Its bundle is among the module's variables.
    #[serde(default, skip_serializing_if = "Lock::is_empty")]
    pub running: Lock,
    /// Names the bundle of `running`; absent without plugins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<Digest>,
    /// A bundle is on its way to visitors and not yet seen to be well there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<Trial>,
    /// What came of each plugin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<PluginReport>,
    /// What was wanted is not what runs, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<PluginsFailure>,
}

/// A bundle on its way to visitors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trial {
    /// What ran before, to go back to.
    pub previous: Lock,
    /// The site was not well with it: it is to be taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// Plugins that could not be made what is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PluginsFailure {
    /// Failures in a row.
    pub failures: u32,
    /// For programs, `UpperCamel`.
    pub reason: String,
    /// Which plugin, and why.
    pub message: String,
    /// The tenant is not as defined because of it.
    pub fails_tenant: bool,
    /// Not tried again before this time, unless the list changes or somebody asks.
    pub not_before: Timestamp,
}

/// Somebody asked for the newest versions of what is wanted as `latest`. It stands until they are resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpgradeRequest {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Principal,
}

impl PluginsRecord {
    /// What is wanted and nothing done about it.
    pub fn new(wanted: Plugins, now: Timestamp) -> Self {
        Self {
            digest: crate::plugins::wanted_digest(&wanted),
            wanted,
            list: None,
            lock: None,
            lock_digest: None,
            resolved: now,
            settled: None,
            running: Lock::default(),
            bundle: None,
            trial: None,
            results: Vec::new(),
            failure: None,
        }
    }

    /// The site is to run this from now on.
    pub fn run(&mut self, lock: Lock) {
        self.bundle = lock.bundle();
        self.running = lock;
    }

    /// Whether the lock was carried out to its end.
    pub fn is_settled(&self) -> bool {
        self.lock_digest.is_some() && self.settled == self.lock_digest
    }
}
