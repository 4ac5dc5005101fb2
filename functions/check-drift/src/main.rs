//! The sweep: find what is behind and hand out tasks.

use std::process::ExitCode;

use tenancy::assemble;
use tenancy::config::FleetConfig;

#[tokio::main]
async fn main() -> ExitCode {
    assemble::program(FleetConfig::read, assemble::check_drift).await
}
