//! The control plane: the product's own parts over metered buckets, as one release of its functions has them.

use std::fmt::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use tenancy::clock::{Clock, UlidIds};
use tenancy::exports::RecordedExports;
use tenancy::platform::Platform;
use tenancy::plugins::{MemoryBuckets, MemoryDirectory, MemoryInstaller, PluginLists};
use tenancy::provision::Provisioner;
use tenancy::reconcile::{Footing, PluginPorts, Ports, Reconciler, Sweeper, Watcher};
use tenancy::store::ObjectStore;
use tenancy::store::memory::MemoryStore;
use tenancy::tasks::{HandOutError, LocalQueue, Task, Tasks};
use tenancy::tenants::Commands;
use tokio_util::sync::CancellationToken;

use crate::Failure;
use crate::hours::Now;
use crate::metered::Metered;

/// Cloud Run holds 1,000 services a project and region; some room is left.
const TENANTS_A_PROJECT: usize = 950;

/// What outlives every release of the functions.
#[derive(Clone)]
pub(crate) struct Ground {
    pub(crate) definitions: Arc<Metered>,
    pub(crate) records: Arc<Metered>,
    pub(crate) queue: LocalQueue,
    pub(crate) provisioner: Arc<dyn Provisioner>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) now: Now,
}

/// One release of the functions.
pub(crate) struct Plane {
    pub(crate) reconciler: Reconciler,
    pub(crate) watcher: Watcher,
    pub(crate) sweeper: Sweeper,
    pub(crate) commands: Commands,
}

impl Ground {
    /// An empty bucket.
    pub(crate) fn bucket(name: &str, keep: usize, clock: &Arc<dyn Clock>, now: &Now) -> Arc<Metered> {
        let bucket = Arc::new(MemoryStore::new(name, Arc::clone(clock)).keep_archived(keep));
        Arc::new(Metered { bucket, now: now.clone() })
    }

    /// Deploys the functions with these settings.
    pub(crate) fn deploy(&self, platform: Platform) -> Plane {
        let (platform, clock) = (Arc::new(platform), Arc::clone(&self.clock));
        let records: Arc<dyn ObjectStore> = self.records.clone();
        // Plugins have tests of their own: no definition here names one.
        let lists = PluginLists::new(Arc::new(MemoryBuckets::new(&clock)));
        let plugins = PluginPorts::in_memory(&MemoryDirectory::default(), lists.clone(), &MemoryInstaller::default());
        let ports = Ports::from(Footing {
            definitions: self.definitions.clone(),
            records: Arc::clone(&records),
            process: "worker".to_owned(),
            exports: Arc::new(RecordedExports::new(Arc::clone(&records))),
            provisioner: Arc::clone(&self.provisioner),
            plugins,
            clock: Arc::clone(&clock),
            ids: Arc::new(UlidIds::default()),
            platform: Arc::clone(&platform),
            shutdown: CancellationToken::new(),
        });
        let tasks: Arc<dyn Tasks> = Arc::new(Counted { queue: self.queue.clone(), now: self.now.clone() });
        let (heads, statuses) = (ports.definitions.clone(), ports.statuses.clone());
        let watcher = Watcher::new(heads, statuses, Arc::clone(&tasks), Arc::clone(&clock), Arc::clone(&platform));
        let sweeper = Sweeper::new(self.definitions.clone(), records, lists, Arc::clone(&tasks), clock, platform);
        let reconciler = Reconciler::new(ports);
        let commands = Commands::new(reconciler.clone(), tasks);
        Plane { reconciler, watcher, sweeper, commands }
    }
}

/// The queue, counted.
struct Counted {
    queue: LocalQueue,
    now: Now,
}

#[async_trait]
impl Tasks for Counted {
    async fn hand_out(&self, task: Task) -> Result<(), HandOutError> {
        self.now.count(|hour| hour.tasks += 1);
        self.queue.hand_out(task).await
    }
}

/// The settings of a fleet of this size whose tenants run this image: as many projects as it takes, a database instance
/// each.
pub(crate) fn platform(tenants: usize, image: &str) -> Result<Platform, Failure> {
    let mut text = String::from("tenantProjects:\n");
    for project in 0..=tenants.div_ceil(TENANTS_A_PROJECT).max(1) {
        writeln!(
            text,
            "- {{project: tenants-{project:03}, region: europe-west1, capacity: 1000, tiers: {{standard: {{instance: \
             shared-{project:03}, connectionName: 'tenants-{project:03}:europe-west1:shared-{project:03}', project: \
             tenants-{project:03}}}}}}}"
        )?;
    }
    write!(text, "image: {image}\ndefaultTier: standard\nartifactsBucket: artifacts\n")?;
    Ok(Platform::parse(&text)?)
}
