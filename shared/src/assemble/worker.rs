//! What the functions that change something work with.

use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::buckets::{both, clients, reader, store};
use super::gate::gate;
use super::installer::plugin_ports;
use super::{AssembleError, engine};
use crate::clock::{Clock, OperationIds, SystemClock, UlidIds};
use crate::config::{FleetConfig, TasksConfig, WorkerConfig};
use crate::exports::cloud_sql::CloudSqlExports;
use crate::exports::{DatabaseExports, RecordedExports};
use crate::http::events::EventSource;
use crate::http::identity::Gate;
use crate::http::router::{Door, Parts};
use crate::platform::Platform;
use crate::plugins::PluginLists;
use crate::provision::Provisioner;
use crate::reconcile::{Footing, Insist, PluginPorts, Ports, Reconciler, Sweeper, Watcher};
use crate::records::{Definitions, Principal, Statuses, Trigger};
use crate::store::gcs::{GcsClients, GcsStore};
use crate::tasks::{LocalQueue, PubSubTasks, Task, Tasks};
use crate::telemetry;
use crate::tenants::{Caller, Commands, Queries};

/// A reconciler with an engine, and somewhere to hand what its callers do not wait for.
pub(super) struct Worker {
    pub(super) fleet: Fleet,
    pub(super) reconciler: Reconciler,
    pub(super) gate: Gate,
    pub(super) stop: CancellationToken,
    tasks: Arc<dyn Tasks>,
    queue: LocalQueue,
}

/// Tasks are handed to a topic.
pub(super) fn topic(config: TasksConfig) -> Arc<dyn Tasks> {
    Arc::new(PubSubTasks::new(config.topic, config.endpoint))
}

/// Buckets, without an engine.
pub(super) struct Fleet {
    definitions_bucket: GcsStore,
    records_bucket: GcsStore,
    process: String,
    plugin_lists: PluginLists,
    platform: Arc<Platform>,
    clock: Arc<dyn Clock>,
    /// The store is a stand-in: nothing of this process is in the cloud.
    sandboxed: bool,
}

impl Fleet {
    /// Over buckets that were checked.
    pub(super) fn open(config: &FleetConfig) -> BoxFuture<'_, Result<Self, AssembleError>> {
        Box::pin(async move {
            let clients = clients(&config.stores);
            let (definitions, records) = both(&config.stores, &clients).await?;
            Ok(Self::over(config, &clients, definitions, records))
        })
    }

    fn over(
        config: &FleetConfig,
        clients: &Arc<GcsClients>,
        definitions_bucket: GcsStore,
        records_bucket: GcsStore,
    ) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        // A revision has many processes; the id tells them apart.
        let process = format!("{}/{}", config.process, UlidIds::default().next(clock.now()));
        Self {
            process,
            plugin_lists: PluginLists::new(Arc::new(Arc::clone(clients))),
            platform: Arc::new(config.platform.clone()),
            clock,
            sandboxed: config.stores.endpoint.is_some(),
            definitions_bucket,
            records_bucket,
        }
    }

    /// Decides for single tenants.
    pub(super) fn watcher(&self, tasks: Arc<dyn Tasks>) -> Watcher {
        let (clock, platform) = (Arc::clone(&self.clock), Arc::clone(&self.platform));
        let definitions = Definitions::new(reader(&self.definitions_bucket));
        Watcher::new(definitions, Statuses::new(store(&self.records_bucket)), tasks, clock, platform)
    }

    /// Looks at all of them.
    pub(super) fn sweeper(&self, tasks: Arc<dyn Tasks>) -> Sweeper {
        let (definitions, records) = (reader(&self.definitions_bucket), store(&self.records_bucket));
        let (clock, platform) = (Arc::clone(&self.clock), Arc::clone(&self.platform));
        Sweeper::new(definitions, records, self.plugin_lists.clone(), tasks, clock, platform)
    }

    /// Cloud SQL exports into the bucket of artifacts; a sandbox has no database, and something that stands in.
    fn exports(&self) -> Arc<dyn DatabaseExports> {
        if self.sandboxed {
            Arc::new(RecordedExports::new(store(&self.records_bucket)))
        } else {
            Arc::new(CloudSqlExports::new(&self.platform.artifacts_bucket))
        }
    }

    fn ports(&self, provisioner: Arc<dyn Provisioner>, plugins: PluginPorts, shutdown: CancellationToken) -> Ports {
        Ports::from(Footing {
            definitions: store(&self.definitions_bucket),
            records: store(&self.records_bucket),
            process: self.process.clone(),
            exports: self.exports(),
            provisioner,
            plugins,
            clock: Arc::clone(&self.clock),
            ids: Arc::new(UlidIds::default()),
            platform: Arc::clone(&self.platform),
            shutdown,
        })
    }
}

impl Worker {
    /// With buckets that were checked and an engine that was started, all at the same time.
    pub(super) fn start(config: WorkerConfig) -> BoxFuture<'static, Result<Self, AssembleError>> {
        Box::pin(async move {
            let WorkerConfig { fleet: config, engine, plugins, tasks } = config;
            let gate = gate(&config.server.auth)?;
            let clients = clients(&config.stores);
            let state = clients.bucket(&engine.state);
            let (definitions, records) =
                (clients.bucket(&config.stores.definitions), clients.bucket(&config.stores.records));
            let buckets = async {
                tokio::try_join!(definitions.check(), records.check(), state.check()).map_err(AssembleError::from)
            };
            let engine = engine::start(engine, &config.platform.limits, &state, &records);
            let (_, engine) = tokio::try_join!(buckets, engine)?;
            let plugins = plugin_ports(plugins, &config.platform.artifacts_bucket, &clients);
            let fleet = Fleet::over(&config, &clients, definitions, records);
            let stop = CancellationToken::new();
            let reconciler = Reconciler::new(fleet.ports(Arc::new(engine), plugins, stop.clone()));
            let queue = LocalQueue::new(config.platform.limits.queue);
            let tasks = tasks.map_or_else(|| Arc::new(queue.clone()) as Arc<dyn Tasks>, topic);
            Ok(Self { fleet, reconciler, gate, stop, tasks, queue })
        })
    }

    /// Where tasks are handed to.
    fn tasks(&self) -> Arc<dyn Tasks> {
        Arc::clone(&self.tasks)
    }

    /// What controllers that change something work with.
    pub(super) fn door(&self) -> Door {
        Door { commands: Commands::new(self.reconciler.clone(), self.tasks()), gate: self.gate.clone() }
    }

    /// What all functions together work with.
    pub(super) fn parts(&self, bucket: &str) -> Parts {
        let fleet = &self.fleet;
        Parts {
            door: self.door(),
            queries: Queries::new(reader(&fleet.definitions_bucket), reader(&fleet.records_bucket)),
            watcher: fleet.watcher(self.tasks()),
            source: EventSource::new(bucket),
            reconciler: self.reconciler.clone(),
            sweeper: fleet.sweeper(self.tasks()),
        }
    }

    /// Says which module this process holds, and works its queue until `stop`. With a topic, nothing is put into that.
    pub(super) fn work(&self) -> JoinHandle<()> {
        let (queue, reconciler, stop) = (self.queue.clone(), self.reconciler.clone(), self.stop.clone());
        let workers = self.fleet.platform.limits.runs;
        let caller = Caller::new(Principal("queue".to_owned()), Trigger::Task);
        tokio::spawn(async move {
            let run = |Task { tenant, trace, .. }: Task| {
                let span = tracing::info_span!("task", otel.kind = "consumer");
                let (reconciler, caller) = (reconciler.clone(), caller.clone().within(telemetry::join(&span, trace)));
                let work = async move {
                    if let Err(error) = reconciler.reconcile(&caller, &tenant, Insist::No).await {
                        // What a run came to is on the tenant's status; the sweep comes back to what is not.
                        tracing::warn!(%tenant, %error, "task not carried out");
                    }
                };
                work.instrument(span)
            };
            tokio::join!(reconciler.announce(), queue.work(workers, stop, run));
        })
    }
}
