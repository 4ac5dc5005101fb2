//! What reconciling needs of the world.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::breaker::Breaker;
use super::rates::Rates;
use crate::clock::{Clock, OperationIds};
use crate::exports::DatabaseExports;
use crate::platform::Platform;
use crate::plugins::{PluginInstaller, Resolver};
use crate::provision::Provisioner;
use crate::records::{DefinitionWriter, Definitions, Graveyard, Journal, Leases, Rollouts, Statuses};
use crate::store::ObjectStore;

/// Everything a [`Reconciler`](super::Reconciler) works with.
#[derive(Clone)]
pub struct Ports {
    /// What should be.
    pub definitions: Definitions,
    /// Removes the definition of a tenant that was deleted.
    pub definition_writer: DefinitionWriter,
    /// What is.
    pub statuses: Statuses,
    /// What was done.
    pub journal: Journal,
    /// Who works where.
    pub leases: Leases,
    /// How many runs were begun where.
    pub rates: Rates,
    /// What is kept of deleted tenants.
    pub graveyard: Graveyard,
    /// Who exports databases before they are destroyed.
    pub exports: Arc<dyn DatabaseExports>,
    /// The rollout under way.
    pub rollouts: Rollouts,
    /// Whether deletions are held.
    pub breaker: Breaker,
    /// Who makes resources.
    pub provisioner: Arc<dyn Provisioner>,
    /// Who knows and installs plugins.
    pub plugins: PluginPorts,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// New operations' ids.
    pub ids: Arc<dyn OperationIds>,
    /// The platform's settings.
    pub platform: Arc<Platform>,
    /// Cancelled when the process is asked to stop: runs are interrupted and save what they did.
    pub shutdown: CancellationToken,
}

/// What a process stands on. All it reads and writes lies in two buckets, so that its [`Ports`] follow.
pub struct Footing {
    /// The bucket of definitions.
    pub definitions: Arc<dyn ObjectStore>,
    /// The bucket of records.
    pub records: Arc<dyn ObjectStore>,
    /// Who it is among all processes, for its leases.
    pub process: String,
    /// Who exports databases before they are destroyed.
    pub exports: Arc<dyn DatabaseExports>,
    /// Who makes resources.
    pub provisioner: Arc<dyn Provisioner>,
    /// Who knows and installs plugins.
    pub plugins: PluginPorts,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// New operations' ids.
    pub ids: Arc<dyn OperationIds>,
    /// The platform's settings.
    pub platform: Arc<Platform>,
    /// Cancelled when the process is asked to stop.
    pub shutdown: CancellationToken,
}

impl From<Footing> for Ports {
    fn from(footing: Footing) -> Self {
        let Footing { definitions, records, process, exports, provisioner, plugins, .. } = footing;
        let Footing { clock, ids, platform, shutdown, .. } = footing;
        let term = Duration::from_secs(platform.limits.lease_seconds);
        let records = || Arc::clone(&records);
        Self {
            definitions: Definitions::new(definitions.clone()),
            definition_writer: DefinitionWriter::new(definitions),
            statuses: Statuses::new(records()),
            journal: Journal::new(records(), Arc::clone(&clock)),
            leases: Leases::new(records(), Arc::clone(&clock), process, term),
            rates: Rates::new(records()),
            graveyard: Graveyard::new(records()),
            exports,
            rollouts: Rollouts::new(records()),
            breaker: Breaker::new(records()),
            provisioner,
            plugins,
            clock,
            ids,
            platform,
            shutdown,
        }
    }
}

/// Who knows and installs plugins.
#[derive(Clone)]
pub struct PluginPorts {
    /// Makes locks.
    pub resolver: Resolver,
    /// Carries them out.
    pub installer: Arc<dyn PluginInstaller>,
}

#[cfg(any(test, feature = "contract"))]
impl PluginPorts {
    /// A directory, lists and sites in memory.
    pub fn in_memory(
        directory: &crate::plugins::MemoryDirectory,
        lists: crate::plugins::PluginLists,
        installer: &crate::plugins::MemoryInstaller,
    ) -> Self {
        Self { resolver: Resolver::new(Arc::new(directory.clone()), lists), installer: Arc::new(installer.clone()) }
    }
}
