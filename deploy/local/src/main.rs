//! `make run`: the whole product on one machine, no cloud account.

mod cloud;
mod plane;
mod serve;
mod settings;
mod upkeep;
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
