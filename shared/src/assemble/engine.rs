//! The engine, from its settings.

use std::sync::Arc;
use std::time::Duration;

use super::AssembleError;
use super::buckets::store;
use crate::clock::SystemClock;
use crate::config::{EngineConfig, PrepareConfig, ProgramConfig};
use crate::digest::Digest;
use crate::platform::Limits;
use crate::store::ObjectStore;
use crate::store::gcs::{GcsClients, GcsStore};
use crate::store::memory::MemoryStore;
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
        prepared: config.prepared,
        runs: limits.runs,
        lock_wait: Duration::from_secs(limits.wait_seconds),
        ..settings(config.program, store(&state), store(records))
    };
    let checked = async { state.check().await.map_err(AssembleError::from) };
    let started = async { Engine::start(settings).await.map_err(AssembleError::from) };
    let ((), engine) = tokio::try_join!(checked, started)?;
    Ok(engine)
}

/// Initialises the module for later starts. No bucket is looked at: there is no state yet.
pub(super) async fn prepare(config: PrepareConfig) -> Result<Digest, AssembleError> {
    let nothing = || -> Arc<dyn ObjectStore> { Arc::new(MemoryStore::new("none", Arc::new(SystemClock))) };
    let settings = settings(config.program, nothing(), nothing());
    Ok(Engine::prepare(&settings, &config.prepared).await?)
}

fn settings(program: ProgramConfig, state: Arc<dyn ObjectStore>, records: Arc<dyn ObjectStore>) -> EngineSettings {
    EngineSettings {
        program: program.program,
        module: program.module,
        work: program.work,
        cli_config: program.cli_config,
        lock_file: program.lock_file,
        prepared: None,
        pass_env: program.pass_env,
        secret_env: program.secret_env,
        state,
        records,
        runs: 1,
        lock_wait: Duration::ZERO,
        stop_grace: STOP_GRACE,
        stateful: STATEFUL_TYPES.map(str::to_owned).into(),
    }
}
