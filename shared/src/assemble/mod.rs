//! Putting a function together from its settings: stores, repositories, engine, routes. No choices are made here; each
//! function gets what it needs and nothing else, and nothing it gets asks which function that is.
//!
//! What is missing or wrong is said before anything is served: every variable, every bucket, the program, the module.
//!
//! What is awaited here for long is boxed: an `async fn` is compiled by whoever awaits it, and every function's binary would
//! compile the whole crate again.

mod buckets;
mod engine;
mod functions;
mod gate;
mod installer;
mod worker;

use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use futures::future::{BoxFuture, LocalBoxFuture};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use functions::{
    all, check_drift, create_tenant, definition_changed, delete_tenant, get_tenant, reconcile_tenant, update_tenant,
};

pub use crate::telemetry::begin as begin_logging;

use crate::config::{self, ConfigError, LogConfig, PrepareConfig, Reader, ServerConfig};
use crate::http::identity::InvalidIssuer;
use crate::http::router;
use crate::http::serve::{Front, ServeError, ServeSettings, Stopping, serve, serve_on};
use crate::store::StoreError;
use crate::{telemetry, terraform};
use tokio_util::sync::CancellationToken;

/// A program that is ready to serve.
pub struct Assembled {
    router: Router,
    settings: ServeSettings,
    /// What goes on beside requests, and ends after `stop`.
    background: Option<JoinHandle<()>>,
}

/// Why a program cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// Variables are missing or wrong.
    #[error("the configuration is incomplete: {0}")]
    Config(#[from] ConfigError),
    /// A bucket is missing, or not ours to use, or its store does not answer.
    #[error("a bucket cannot be used: {0}")]
    Bucket(#[from] StoreError),
    /// Terraform, the module or a folder is missing or wrong.
    #[error("Terraform cannot be run: {0}")]
    Engine(#[from] terraform::StartError),
    /// The issuer of tokens cannot be used.
    #[error("AIPRESS_AUTH_ISSUER: {0}")]
    Issuer(#[from] InvalidIssuer),
    /// Serving failed.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// The whole course of a program: read settings, assemble, serve. What keeps it from serving goes to the log, and 1 is
/// its exit code.
pub async fn program<C, Fut>(read: impl FnOnce(&mut Reader) -> Option<C>, assemble: impl FnOnce(C) -> Fut) -> ExitCode
where
    Fut: Future<Output = Result<Assembled, AssembleError>>,
{
    let code = match course(read, assemble).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    };
    telemetry::end().await;
    code
}

/// The whole course of a program that an image build runs: read settings, initialise the module, end.
pub async fn preparation(read: impl FnOnce(&mut Reader) -> Option<PrepareConfig>) -> ExitCode {
    let prepared = async {
        telemetry::begin(&config::load(LogConfig::read)?);
        engine::prepare(config::load(read)?).await
    };
    match prepared.await {
        Ok(digest) => {
            tracing::info!(%digest, "the module is initialised");
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn course<C, Fut>(
    read: impl FnOnce(&mut Reader) -> Option<C>,
    assemble: impl FnOnce(C) -> Fut,
) -> Result<(), AssembleError>
where
    Fut: Future<Output = Result<Assembled, AssembleError>>,
{
    telemetry::begin(&config::load(LogConfig::read)?);
    assemble(config::load(read)?).await?.run().await
}

impl Assembled {
    fn new(routes: Router, server: &ServerConfig, stop: CancellationToken) -> Self {
        let front = server.address.map_or(Front::Lambda, Front::Socket);
        let stopping = Stopping { grace: server.grace, drain: server.drain, stop };
        let settings = ServeSettings { front, bounds: server.bounds, stopping };
        Self { router: router::complete(routes), settings, background: None }
    }

    fn beside(self, background: JoinHandle<()>) -> Self {
        Self { background: Some(background), ..self }
    }

    /// The routes, to be served by somebody else.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Serves until told to stop, then lets what goes on beside end.
    pub fn run(self) -> LocalBoxFuture<'static, Result<(), AssembleError>> {
        let Self { router, settings, background } = self;
        Box::pin(async move {
            let stopping = settings.stopping.clone();
            serve(router, settings).await?;
            end(background, stopping).await;
            Ok(())
        })
    }

    /// The same on a socket that is open already, whatever the settings say.
    pub fn run_on(self, listener: TcpListener) -> BoxFuture<'static, Result<(), AssembleError>> {
        let Self { router, settings, background } = self;
        Box::pin(async move {
            serve_on(router, listener, settings.bounds, settings.stopping.clone()).await?;
            end(background, settings.stopping).await;
            Ok(())
        })
    }
}

async fn end(background: Option<JoinHandle<()>>, stopping: Stopping) {
    stopping.stop.cancel();
    if let Some(background) = background {
        ended(background, stopping.drain).await;
    }
}

async fn ended(background: JoinHandle<()>, within: Duration) {
    if tokio::time::timeout(within, background).await.is_err() {
        tracing::warn!("tasks were still under way at the end; the sweep finds their tenants again");
    }
}
