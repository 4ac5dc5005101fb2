//! Scenarios over in-memory ports: the whole loop, with time that moves only when a test says so.

mod approvals;
mod burying;
mod calls;
mod concurrent;
mod decisions;
mod deleting;
mod drift;
mod events;
mod kills;
mod mass_delete;
mod ordinary;
mod placing;
mod plugins;
mod queueing;
mod rates;
mod recovery;
mod retention;
mod rollouts;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::clock::{Clock, RuntimeClock, UlidIds};
use crate::exports::RecordedExports;
use crate::platform::Platform;
use crate::plugins::{MemoryBuckets, MemoryDirectory, MemoryInstaller, PluginLists};
use crate::provision::memory::MemoryProvisioner;
use crate::records::{DefinitionObject, Operation, Phase, Principal, Status, Trigger};
use crate::store::faulty::{FaultyStore, Mischief};
use crate::store::memory::MemoryStore;
use crate::store::{NewObject, ObjectReader, ObjectStore, Precondition};
use crate::tasks::LocalQueue;
use crate::tenant::{Format, TenantId};
use crate::tenants::{Answer, Caller, CommandError, Commands, IfMatch, Submission, Wait};

pub(super) const PLATFORM: &str = "
tenantProjects:
  - project: aipress-sandbox
    region: europe-west1
    tiers:
      standard: {instance: shared-1, connectionName: 'aipress-sandbox:europe-west1:shared-1', project: aipress-sandbox}
      premium: {instance: premium-1, connectionName: 'aipress-sandbox:europe-west1:premium-1', project: aipress-sandbox}
image: registry.example/wordpress-runtime:6.8
defaultTier: standard
artifactsBucket: aipress-sandbox-artifacts
";

/// A whole control plane in memory.
pub(super) struct World {
    pub(super) definitions: Arc<MemoryStore>,
    pub(super) records: Arc<MemoryStore>,
    pub(super) provisioner: MemoryProvisioner,
    pub(super) exports: RecordedExports,
    /// The bucket `team`, where plugin lists lie.
    pub(super) lists: Arc<MemoryStore>,
    pub(super) directory: MemoryDirectory,
    pub(super) installer: MemoryInstaller,
    plugins: PluginPorts,
    pub(super) reconciler: Reconciler,
    pub(super) commands: Commands,
    pub(super) watcher: Watcher,
    pub(super) sweeper: Sweeper,
    pub(super) queue: LocalQueue,
    pub(super) clock: Arc<dyn Clock>,
}

impl World {
    pub(super) fn new() -> Self {
        Self::with_platform(PLATFORM)
    }

    pub(super) fn with_platform(platform: &str) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(RuntimeClock::starting_at("2026-01-01T00:00:00Z".parse().unwrap()));
        let definitions = Arc::new(MemoryStore::new("definitions", Arc::clone(&clock)));
        let records = Arc::new(MemoryStore::new("records", Arc::clone(&clock)));
        let provisioner = MemoryProvisioner::new(Arc::clone(&clock));
        let stored: Arc<dyn ObjectStore> = records.clone();
        let defined: Arc<dyn ObjectStore> = definitions.clone();
        let platform = Arc::new(Platform::parse(platform).unwrap());
        let exports = RecordedExports::new(Arc::clone(&stored));
        let lists = Arc::new(MemoryStore::new("team", Arc::clone(&clock)));
        let plugin_lists = PluginLists::new(Arc::new(MemoryBuckets::new(&clock).and("team", Arc::clone(&lists))));
        let (directory, installer) = (MemoryDirectory::default(), MemoryInstaller::default());
        let plugins = PluginPorts::in_memory(&directory, plugin_lists.clone(), &installer);
        let process = Process {
            definitions: defined,
            records: stored,
            exports: &exports,
            plugins: &plugins,
            clock: &clock,
            platform: &platform,
        };
        let ports = process.ports("test", &provisioner);
        let reconciler = Reconciler::new(ports.clone());
        let queue = LocalQueue::new(1000);
        let watcher = Watcher::new(
            ports.definitions.clone(),
            ports.statuses.clone(),
            Arc::new(queue.clone()),
            Arc::clone(&clock),
            Arc::clone(&platform),
        );
        let sweeper = Sweeper::new(
            definitions.clone(),
            records.clone(),
            plugin_lists,
            Arc::new(queue.clone()),
            Arc::clone(&clock),
            platform,
        );
        let commands = Commands::new(reconciler.clone(), Arc::new(queue.clone()));
        Self {
            definitions,
            records,
            provisioner,
            exports,
            lists,
            directory,
            installer,
            plugins,
            reconciler,
            commands,
            watcher,
            sweeper,
            queue,
            clock,
        }
    }

    /// Another process on the same buckets and the same cloud.
    pub(super) fn another_process(&self, name: &str) -> Reconciler {
        self.process(name, &self.reconciler.ports().platform)
    }

    /// The same, with other settings of the platform.
    pub(super) fn another_process_with(&self, name: &str, platform: &str) -> Reconciler {
        self.process(name, &Arc::new(Platform::parse(platform).unwrap()))
    }

    fn process(&self, name: &str, platform: &Arc<Platform>) -> Reconciler {
        Reconciler::new(self.ports_of(name, platform, self.definitions.clone(), self.records.clone()))
    }

    /// Ports of another process on the same cloud, which reaches the buckets through these.
    pub(super) fn ports_over(
        &self,
        name: &str,
        definitions: Arc<dyn ObjectStore>,
        records: Arc<dyn ObjectStore>,
    ) -> Ports {
        self.ports_of(name, &self.reconciler.ports().platform, definitions, records)
    }

    fn ports_of(
        &self,
        name: &str,
        platform: &Arc<Platform>,
        definitions: Arc<dyn ObjectStore>,
        records: Arc<dyn ObjectStore>,
    ) -> Ports {
        let process = Process {
            definitions,
            records,
            exports: &self.exports,
            plugins: &self.plugins,
            clock: &self.clock,
            platform,
        };
        process.ports(name, &self.provisioner)
    }

    /// Another process, whose buckets fail as `mischief` says.
    pub(super) fn doomed(&self, mischief: &Mischief) -> (Commands, Reconciler) {
        let faulty = |bucket, store: &Arc<MemoryStore>| -> Arc<dyn ObjectStore> {
            Arc::new(FaultyStore::new(bucket, store.clone(), mischief.clone()))
        };
        let (defined, stored) = (faulty("definitions", &self.definitions), faulty("records", &self.records));
        let reconciler = Reconciler::new(self.ports_over("doomed", defined, stored));
        (Commands::new(reconciler.clone(), Arc::new(self.queue.clone())), reconciler)
    }

    pub(super) async fn upload(&self, id: &str, source: &str) {
        let name = DefinitionObject::of(&tenant(id), Format::Yaml).name;
        let when = match self.definitions.stat(&name).await.unwrap() {
            Some(meta) => Precondition::Matches(meta.generation),
            None => Precondition::Absent,
        };
        let body = Bytes::from(source.to_owned());
        self.definitions.write(&name, NewObject { body, ..NewObject::default() }, when).await.unwrap();
    }

    pub(super) async fn remove(&self, id: &str) {
        let name = DefinitionObject::of(&tenant(id), Format::Yaml).name;
        let meta = self.definitions.stat(&name).await.unwrap().unwrap();
        self.definitions.delete(&name, meta.generation).await.unwrap();
    }

    pub(super) async fn create(&self, source: &str) -> Result<Answer, CommandError> {
        self.commands.create(&caller(), submission(source), Wait::ForResult).await
    }

    pub(super) async fn update(&self, id: &str, source: &str) -> Result<Answer, CommandError> {
        self.commands.update(&caller(), &tenant(id), submission(source), IfMatch::Any, Wait::ForResult).await
    }

    pub(super) async fn delete(&self, id: &str) -> Result<Answer, CommandError> {
        self.commands.delete(&caller(), &tenant(id), IfMatch::Any, false, Wait::ForResult).await
    }

    pub(super) async fn reconcile(&self, id: &str) -> Result<Reconciled, CommandError> {
        self.reconciler.reconcile(&caller(), &tenant(id), Insist::No).await
    }

    pub(super) async fn status(&self, id: &str) -> Option<Status> {
        self.reconciler.ports().statuses.read(&tenant(id)).await.unwrap().map(|status| status.value)
    }

    pub(super) async fn phase(&self, id: &str) -> Option<Phase> {
        self.status(id).await.map(|status| status.phase)
    }

    /// Every operation in the journal of one tenant, oldest first.
    pub(super) async fn operations(&self, id: &str) -> Vec<Operation> {
        let prefix = crate::records::RecordName::operations_prefix(&tenant(id));
        let page = self.records.list(&prefix, None, 1000).await.unwrap();
        let mut found = Vec::new();
        for meta in page.items {
            if crate::records::RecordName::operation_of(&tenant(id), &meta.name).is_some() {
                let read = crate::store::document::read_json(self.records.as_ref(), &meta.name).await.unwrap();
                found.push(read.unwrap().value);
            }
        }
        found
    }

    /// Works until nothing waits in the queue.
    pub(super) async fn work_off(&self) {
        self.work_off_by(&self.reconciler).await;
    }

    /// The same by another process.
    async fn work_off_by(&self, reconciler: &Reconciler) {
        let stop = CancellationToken::new();
        let work = self.queue.work(4, stop.clone(), |task| async move {
            let _ = reconciler.reconcile(&caller(), &task.tenant, Insist::No).await;
        });
        let drained = async {
            while !self.queue.is_empty() {
                self.clock.sleep(Duration::from_millis(10)).await;
            }
            stop.cancel();
        };
        tokio::join!(work, drained);
    }

    pub(super) async fn later(&self, seconds: u64) {
        self.clock.sleep(Duration::from_secs(seconds)).await;
    }
}

struct Process<'a> {
    definitions: Arc<dyn ObjectStore>,
    records: Arc<dyn ObjectStore>,
    exports: &'a RecordedExports,
    plugins: &'a PluginPorts,
    clock: &'a Arc<dyn Clock>,
    platform: &'a Arc<Platform>,
}

impl Process<'_> {
    fn ports(&self, name: &str, provisioner: &MemoryProvisioner) -> Ports {
        Ports::from(Footing {
            definitions: Arc::clone(&self.definitions),
            records: Arc::clone(&self.records),
            process: name.to_owned(),
            exports: Arc::new(self.exports.clone()),
            provisioner: Arc::new(provisioner.clone()),
            plugins: self.plugins.clone(),
            clock: Arc::clone(self.clock),
            ids: Arc::new(UlidIds::default()),
            platform: Arc::clone(self.platform),
            shutdown: CancellationToken::new(),
        })
    }
}

pub(super) fn tenant(id: &str) -> TenantId {
    id.parse().unwrap()
}

pub(super) fn caller() -> Caller {
    Caller::new(Principal("ada@example.com".to_owned()), Trigger::Api)
}

pub(super) fn submission(source: &str) -> Submission {
    Submission { source: Bytes::from(source.to_owned()), format: Format::Yaml }
}

/// A definition with one more line under `spec`.
pub(super) fn definition(id: &str, spec: &str) -> String {
    let head = format!("apiVersion: aipress.io/v1alpha1\nkind: Tenant\nmetadata:\n  name: {id}\n");
    if spec.is_empty() { format!("{head}spec: {{}}\n") } else { format!("{head}spec:\n  {spec}\n") }
}
