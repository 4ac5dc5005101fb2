//! The definitions bucket changed: decide for the tenant the object names.

use std::process::ExitCode;

use tenancy::assemble;
use tenancy::config::FleetConfig;

#[tokio::main]
async fn main() -> ExitCode {
    assemble::program(FleetConfig::read, assemble::definition_changed).await
}
