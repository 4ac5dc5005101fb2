//! Who knows and installs plugins, from the settings.

use std::sync::Arc;

use super::buckets::store;
use crate::config::{InstallerConfig, PluginsConfig};
use crate::plugins::{
    CloudRunJobs, Exchange, InstallerProcess, JobsSettings, NoInstaller, PluginInstaller, PluginLists, Resolver,
    WordPressOrg,
};
use crate::reconcile::PluginPorts;
use crate::store::gcs::GcsClients;

/// Nothing is asked of anybody yet.
pub(super) fn plugin_ports(config: PluginsConfig, artifacts: &str, clients: &Arc<GcsClients>) -> PluginPorts {
    let directory = Arc::new(WordPressOrg::new(config.directory));
    let resolver = Resolver::new(directory, PluginLists::new(Arc::new(Arc::clone(clients))));
    let exchange = Exchange::new(store(&clients.bucket(artifacts)));
    let installer: Arc<dyn PluginInstaller> = match config.installer {
        InstallerConfig::Nobody => Arc::new(NoInstaller("set AIPRESS_STAGE_JOB to the job that stages bundles")),
        InstallerConfig::Jobs(stage) => Arc::new(CloudRunJobs::new(JobsSettings { stage, endpoint: None }, exchange)),
        InstallerConfig::Processes(settings) => Arc::new(InstallerProcess::new(settings, exchange)),
    };
    PluginPorts { resolver, installer }
}
