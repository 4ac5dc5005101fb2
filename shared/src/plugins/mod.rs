//! Wanted plugins: which they are, and handing their installation on.

mod contract;
mod lock;
mod source;

pub use contract::{
    Health, InstallPhase, InstallRequest, InstallStatus, PluginReport, PluginResult, Probe, Report, effective,
};
pub use lock::{InvalidPluginName, InvalidPluginVersion, Lock, LockedPlugin, LockedTwice, PluginName, PluginVersion};
pub use source::{InvalidSource, Source};

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::digest::Digest;
use crate::platform::Platform;
use crate::records::{PluginsRecord, RecordName};
use crate::store::document::write_json;
use crate::store::{ObjectStore, Precondition, StoreError};
use crate::tenant::{Definition, Plugins, TenantId};

/// The plugins a tenant should have: its definition's, else the platform's default list.
pub fn wanted(definition: &Definition, platform: &Platform, now: Timestamp) -> PluginsRecord {
    let wanted = definition.spec.plugins.clone().unwrap_or_else(|| Plugins::List(platform.plugins.clone()));
    PluginsRecord { digest: wanted_digest(definition, platform), wanted, requested: now }
}

/// Names the plugins a tenant should have.
pub fn wanted_digest(definition: &Definition, platform: &Platform) -> Digest {
    let list = || serde_json::to_vec(&platform.plugins);
    let text = definition.spec.plugins.as_ref().map_or_else(list, serde_json::to_vec);
    // Plain data with string keys always serialises.
    Digest::of(&text.unwrap_or_default())
}

/// Starts installations. Starting is all it promises: the installation reports on its own.
#[async_trait]
pub trait PluginInstalls: Send + Sync + 'static {
    /// Asks for these plugins to be installed. Asking twice for the same list is asking once.
    async fn start(&self, tenant: &TenantId, plugins: &PluginsRecord) -> Result<(), StoreError>;
}

/// Writes each request down, at `plugins/{tenant}/{digest}.json` in the records bucket.
pub struct RecordedInstalls {
    records: Arc<dyn ObjectStore>,
}

impl RecordedInstalls {
    /// Over the records bucket.
    pub fn new(records: Arc<dyn ObjectStore>) -> Self {
        Self { records }
    }
}

#[async_trait]
impl PluginInstalls for RecordedInstalls {
    async fn start(&self, tenant: &TenantId, plugins: &PluginsRecord) -> Result<(), StoreError> {
        let name = RecordName::plugin_request(tenant, plugins.digest);
        match write_json(self.records.as_ref(), &name, plugins, std::iter::empty().collect(), Precondition::Absent)
            .await
        {
            Ok(_) | Err(StoreError::PreconditionFailed { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
