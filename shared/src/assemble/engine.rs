//! The engine, from its settings.

use std::time::Duration;

use futures::future::BoxFuture;

use super::AssembleError;
use super::buckets::store;
use crate::config::{EngineConfig, PrepareConfig};
use crate::digest::Digest;
use crate::platform::Limits;
use crate::store::gcs::GcsStore;
use crate::terraform::{Engine, EngineSettings, STATEFUL_TYPES};

/// How long an interrupted run may take to save its state. A process that is stopped itself may have less.
const STOP_GRACE: Duration = Duration::from_secs(30);

/// Starts it: the program, the module and the folders are there, and the module is initialised.
pub(super) async fn start(
    config: EngineConfig,
    limits: &Limits,
    state: &GcsStore,
    records: &GcsStore,
) -> Result<Engine, AssembleError> {
    let settings = EngineSettings {
        installed: config.installed,
        prepared: config.prepared,
        state: store(state),
        records: store(records),
        runs: limits.runs,
        lock_wait: Duration::from_secs(limits.wait_seconds),
        stop_grace: STOP_GRACE,
        stateful: STATEFUL_TYPES.map(str::to_owned).into(),
    };
    Ok(Engine::start(settings).await?)
}

/// Initialises the module for later starts. No bucket is looked at: there is no state yet.
pub(super) fn prepare(config: PrepareConfig) -> BoxFuture<'static, Result<Digest, AssembleError>> {
    Box::pin(async move {
        let stateful = STATEFUL_TYPES.map(str::to_owned).into();
        Ok(Engine::prepare(&config.installed, &stateful, &config.prepared).await?)
    })
}
