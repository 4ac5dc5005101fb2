//! What reconciling needs of the world.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::breaker::Breaker;
use super::rates::Rates;
use crate::clock::{Clock, OperationIds};
use crate::exports::DatabaseExports;
use crate::platform::Platform;
use crate::plugins::{PluginInstaller, Resolver};
use crate::provision::Provisioner;
use crate::records::{DefinitionWriter, Definitions, Graveyard, Journal, Leases, Statuses};

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
