//! All functions over the stand-in cloud, put together.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sandbox_gcs::Sandbox;
use tenancy::clock::{Clock, SystemClock, UlidIds};
use tenancy::http::events::EventSource;
use tenancy::http::identity::Identity;
use tenancy::http::router::{Door, Parts};
use tenancy::platform::{InvalidPlatform, Platform};
use tenancy::plugins::RecordedInstalls;
use tenancy::reconcile::{Breaker, Ports, Reconciler, Sweeper, Watcher};
use tenancy::records::{DefinitionWriter, Definitions, Journal, Leases, Statuses};
use tenancy::store::ObjectStore;
use tenancy::store::gcs::{GcsClients, GcsSettings};
use tenancy::tasks::LocalQueue;
use tenancy::tenants::{Commands, Queries};
use tenancy::terraform::{Engine, EngineSettings, STATEFUL_TYPES, StartError};
use tokio_util::sync::CancellationToken;

use crate::cloud::{self, CloudError};
use crate::settings::{Settings, repository, variable};

/// The control plane, ready to serve.
pub(crate) struct Plane {
    /// What the routes work with.
    pub(crate) parts: Parts,
    /// Tasks that wait.
    pub(crate) queue: LocalQueue,
    /// The definitions bucket.
    pub(crate) definitions: Arc<dyn ObjectStore>,
    /// Runs at once.
    pub(crate) runs: usize,
}

/// Why the control plane cannot serve.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaneError {
    /// The stand-ins did not start.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The platform's settings cannot be read.
    #[error("'{}': {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The platform's settings are not valid.
    #[error(transparent)]
    Platform(#[from] InvalidPlatform),
    /// Terraform or its module is not as it must be.
    #[error(transparent)]
    Engine(#[from] StartError),
}

impl Plane {
    /// Over a storage server that serves already.
    pub(crate) async fn assemble(
        settings: &Settings,
        storage: &Sandbox,
        shutdown: &CancellationToken,
    ) -> Result<Self, PlaneError> {
        let clients = GcsClients::new(GcsSettings { endpoint: Some(storage.endpoint()) });
        let bucket = |name: &str| -> Arc<dyn ObjectStore> { Arc::new(clients.bucket(name)) };
        let (definitions, records) = (bucket(cloud::DEFINITIONS), bucket(cloud::RECORDS));
        let platform = Arc::new(read_platform(settings)?);
        let engine = Engine::start(engine_settings(settings, &platform, bucket(cloud::STATE), &records)?).await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let process = format!("local-{}", std::process::id());
        let term = Duration::from_secs(platform.limits.lease_seconds);
        let ports = Ports {
            definitions: Definitions::new(definitions.clone()),
            definition_writer: DefinitionWriter::new(Arc::clone(&definitions)),
            statuses: Statuses::new(Arc::clone(&records)),
            journal: Journal::new(Arc::clone(&records), Arc::clone(&clock)),
            leases: Leases::new(Arc::clone(&records), Arc::clone(&clock), process, term),
            breaker: Breaker::new(Arc::clone(&records)),
            provisioner: Arc::new(engine),
            installs: Arc::new(RecordedInstalls::new(Arc::clone(&records))),
            clock,
            ids: Arc::new(UlidIds::default()),
            platform,
            shutdown: shutdown.clone(),
        };
        Ok(Self::over(ports, definitions, &records))
    }

    fn over(ports: Ports, definitions: Arc<dyn ObjectStore>, records: &Arc<dyn ObjectStore>) -> Self {
        let queue = LocalQueue::new(ports.platform.limits.queue);
        let tasks = Arc::new(queue.clone());
        let watcher = Watcher::new(
            ports.definitions.clone(),
            ports.statuses.clone(),
            tasks.clone(),
            Arc::clone(&ports.clock),
            Arc::clone(&ports.platform),
        );
        let sweeper = Sweeper::new(
            ports.definitions.clone(),
            records.clone(),
            ports.statuses.clone(),
            ports.leases.clone(),
            ports.breaker.clone(),
            tasks.clone(),
            Arc::clone(&ports.clock),
            Arc::clone(&ports.platform),
        );
        let runs = ports.platform.limits.runs;
        let reconciler = Reconciler::new(ports);
        let parts = Parts {
            door: Door { commands: Commands::new(reconciler.clone(), tasks), identity: Identity },
            queries: Queries::new(definitions.clone(), records.clone()),
            watcher,
            source: EventSource::new(cloud::DEFINITIONS),
            reconciler,
            sweeper,
        };
        Self { parts, queue, definitions, runs }
    }
}

fn read_platform(settings: &Settings) -> Result<Platform, PlaneError> {
    let path = settings.platform.clone();
    let source = std::fs::read_to_string(&path).map_err(|source| PlaneError::Unreadable { path, source })?;
    Ok(Platform::parse(&source)?)
}

fn engine_settings(
    settings: &Settings,
    platform: &Platform,
    state: Arc<dyn ObjectStore>,
    records: &Arc<dyn ObjectStore>,
) -> Result<EngineSettings, PlaneError> {
    let (cli_config, cloud) = cloud::install_provider(&settings.root)?;
    let inherited = ["PATH", "HOME", "TMPDIR"].into_iter();
    let mut pass_env: Vec<(String, String)> =
        inherited.filter_map(|name| variable(name).map(|value| (name.to_owned(), value))).collect();
    pass_env.push(("SANDBOX_CLOUD_DIR".to_owned(), cloud.to_string_lossy().into_owned()));
    Ok(EngineSettings {
        program: settings.terraform.clone(),
        module: repository().join("terraform/tenant"),
        work: settings.root.join("work"),
        cli_config: Some(cli_config),
        lock_file: None,
        prepared: None,
        pass_env,
        secret_env: Vec::new(),
        state,
        records: Arc::clone(records),
        runs: platform.limits.runs,
        lock_wait: Duration::from_secs(platform.limits.wait_seconds),
        stop_grace: Duration::from_secs(20),
        stateful: STATEFUL_TYPES.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(),
    })
}
