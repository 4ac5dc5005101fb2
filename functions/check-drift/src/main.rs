//! The sweep: find what is behind and hand out tasks.

use std::process::ExitCode;

use tenancy::assemble;
use tenancy::config::LookoutConfig;

#[tokio::main]
async fn main() -> ExitCode {
    assemble::program(LookoutConfig::read, assemble::check_drift).await
}
