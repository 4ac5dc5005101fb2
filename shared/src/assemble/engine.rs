//! The engine, from its settings.

use std::sync::Arc;
use std::time::Duration;

use super::AssembleError;
use super::buckets::store;
use crate::config::EngineConfig;
use crate::platform::Limits;
use crate::store::gcs::{GcsClients, GcsStore};
use crate::terraform::{Engine, EngineSettings, STATEFUL_TYPES};

/// How long an interrupted run may take to save its state. A process that is stopped itself may have less.
const STOP_GRACE: Duration = Duration::from_secs(30);

/// Starts it: the state bucket, the program, the module and the folders are there, and the module is initialised.
pub(super) async fn start(
    config: EngineConfig,
    limits: &Limits,
    clients: &Arc<GcsClients>,
    records: &GcsStore,
) -> Result<Engine, AssembleError> {
    let state = clients.bucket(&config.state);
    let settings = EngineSettings {
        program: config.program,
        module: config.module,
        work: config.work,
        cli_config: config.cli_config,
        lock_file: config.lock_file,
        prepared: config.prepared,
        pass_env: config.pass_env,
        secret_env: config.secret_env,
        state: store(&state),
        records: store(records),
        runs: limits.runs,
        lock_wait: Duration::from_secs(limits.wait_seconds),
        stop_grace: STOP_GRACE,
        stateful: STATEFUL_TYPES.map(str::to_owned).into(),
    };
    let checked = async { state.check().await.map_err(AssembleError::from) };
    let started = async { Engine::start(settings).await.map_err(AssembleError::from) };
    let ((), engine) = tokio::try_join!(checked, started)?;
    Ok(engine)
}
