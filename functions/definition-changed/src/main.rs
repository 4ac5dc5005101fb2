//! The definitions bucket changed: decide for the tenant the object names.

use std::process::ExitCode;

use tenancy::assemble;
use tenancy::config::LookoutConfig;

#[tokio::main]
async fn main() -> ExitCode {
    assemble::program(LookoutConfig::read, assemble::definition_changed).await
}
