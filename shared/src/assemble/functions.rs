//! One assembly a function.

use axum::Router;
use tokio_util::sync::CancellationToken;

use super::gate::gate;
use super::worker::{Fleet, Worker, topic};
use super::{AssembleError, Assembled, buckets};
use crate::config::{LookoutConfig, ReaderConfig, WorkerConfig};
use crate::http::events::EventSource;
use crate::http::router;
use crate::tenants::Queries;

/// `get-tenant`: readers, and nothing that could write.
pub async fn get_tenant(config: ReaderConfig) -> Result<Assembled, AssembleError> {
    let (definitions, records) = buckets::readers(&config.stores).await?;
    let routes = router::get_tenant(Queries::new(definitions, records), &gate(&config.server.auth)?);
    Ok(Assembled::new(routes, &config.server, CancellationToken::new()))
}

/// `definition-changed`: no engine.
pub async fn definition_changed(config: LookoutConfig) -> Result<Assembled, AssembleError> {
    let LookoutConfig { fleet, tasks } = config;
    let watcher = Fleet::open(&fleet).await?.watcher(topic(tasks));
    let source = EventSource::new(&fleet.stores.definitions);
    let routes = router::definition_changed(watcher, source, &gate(&fleet.server.auth)?);
    Ok(Assembled::new(routes, &fleet.server, CancellationToken::new()))
}

/// `check-drift`: no engine.
pub async fn check_drift(config: LookoutConfig) -> Result<Assembled, AssembleError> {
    let LookoutConfig { fleet, tasks } = config;
    let sweeper = Fleet::open(&fleet).await?.sweeper(topic(tasks));
    let routes = router::check_drift(sweeper, &gate(&fleet.server.auth)?);
    Ok(Assembled::new(routes, &fleet.server, CancellationToken::new()))
}

/// `create-tenant`.
pub async fn create_tenant(config: WorkerConfig) -> Result<Assembled, AssembleError> {
    worker(config, |worker, _| router::create_tenant(worker.door())).await
}

/// `update-tenant`.
pub async fn update_tenant(config: WorkerConfig) -> Result<Assembled, AssembleError> {
    worker(config, |worker, _| router::update_tenant(worker.door())).await
}

/// `delete-tenant`.
pub async fn delete_tenant(config: WorkerConfig) -> Result<Assembled, AssembleError> {
    worker(config, |worker, _| router::delete_tenant(worker.door())).await
}

/// `reconcile-tenant`.
pub async fn reconcile_tenant(config: WorkerConfig) -> Result<Assembled, AssembleError> {
    worker(config, |worker, _| router::reconcile_tenant(worker.reconciler.clone(), &worker.gate)).await
}

/// All of them in one process, with its queue between them.
pub async fn all(config: WorkerConfig) -> Result<Assembled, AssembleError> {
    worker(config, |worker, bucket| router::all(worker.parts(bucket))).await
}

async fn worker(
    config: WorkerConfig,
    routes: impl FnOnce(&Worker, &str) -> Router,
) -> Result<Assembled, AssembleError> {
    let (server, bucket) = (config.fleet.server.clone(), config.fleet.stores.definitions.clone());
    let worker = Worker::start(config).await?;
    let assembled = Assembled::new(routes(&worker, &bucket), &server, worker.stop.clone());
    Ok(assembled.beside(worker.work()))
}
