//! One assembly a function.

use std::sync::Arc;

use axum::Router;
use tokio_util::sync::CancellationToken;

use super::no_queue::NoQueue;
use super::worker::{Fleet, Worker};
use super::{AssembleError, Assembled, buckets};
use crate::config::{FleetConfig, ReaderConfig, WorkerConfig};
use crate::http::events::EventSource;
use crate::http::identity::Identity;
use crate::http::router;
use crate::tenants::Queries;

/// `get-tenant`: readers, and nothing that could write.
pub async fn get_tenant(config: ReaderConfig) -> Result<Assembled, AssembleError> {
    let (definitions, records) = buckets::readers(&config.stores).await?;
    let routes = router::get_tenant(Queries::new(definitions, records));
    Ok(Assembled::new(routes, &config.server, CancellationToken::new()))
}

/// `definition-changed`: no engine.
pub async fn definition_changed(config: FleetConfig) -> Result<Assembled, AssembleError> {
    let watcher = Fleet::open(&config).await?.watcher(Arc::new(NoQueue));
    let routes = router::definition_changed(watcher, EventSource::new(&config.stores.definitions));
    Ok(Assembled::new(routes, &config.server, CancellationToken::new()))
}

/// `check-drift`: no engine.
pub async fn check_drift(config: FleetConfig) -> Result<Assembled, AssembleError> {
    let routes = router::check_drift(Fleet::open(&config).await?.sweeper(Arc::new(NoQueue)));
    Ok(Assembled::new(routes, &config.server, CancellationToken::new()))
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
    worker(config, |worker, _| router::reconcile_tenant(worker.reconciler.clone(), Identity)).await
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
