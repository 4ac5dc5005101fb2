//! What reconciling needs of the world.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::breaker::Breaker;
use crate::clock::{Clock, OperationIds};
use crate::exports::DatabaseExports;
use crate::platform::Platform;
use crate::plugins::PluginInstalls;
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
    /// What is kept of deleted tenants.
    pub graveyard: Graveyard,
    /// Who exports databases before they are destroyed.
    pub exports: Arc<dyn DatabaseExports>,
    /// Whether deletions are held.
    pub breaker: Breaker,
    /// Who makes resources.
    pub provisioner: Arc<dyn Provisioner>,
    /// Who installs plugins.
    pub installs: Arc<dyn PluginInstalls>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// New operations' ids.
    pub ids: Arc<dyn OperationIds>,
    /// The platform's settings.
    pub platform: Arc<Platform>,
    /// Cancelled when the process is asked to stop: runs are interrupted and save what they did.
    pub shutdown: CancellationToken,
}
