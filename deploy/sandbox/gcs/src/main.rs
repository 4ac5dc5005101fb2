//! `sandbox-gcs`: serves the stand-in until it is interrupted.

mod arguments;

use std::process::ExitCode;

use clap::Parser as _;
use sandbox_gcs::{Sandbox, Settings, StartError};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(arguments::Arguments::parse().into()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "not started");
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: Settings) -> Result<(), StartError> {
    let sandbox = Sandbox::start(settings).await?;
    tracing::info!(endpoint = sandbox.endpoint(), "serving");
    // Where signals cannot be waited for, there is nothing to wait for.
    let _ = tokio::signal::ctrl_c().await;
    sandbox.stop().await;
    Ok(())
}
