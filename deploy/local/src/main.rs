//! `make run`: the whole product on one machine, no cloud account.

mod cloud;
mod examples;
mod plane;
mod plugins;
mod scheduler;
mod serve;
mod settings;
mod welcome;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match serve::run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "cannot serve");
            ExitCode::FAILURE
        }
    }
}
