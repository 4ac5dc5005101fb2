//! A task names a tenant; make the cloud match its definition.

use std::process::ExitCode;

use tenancy::assemble;
use tenancy::config::WorkerConfig;

#[tokio::main]
async fn main() -> ExitCode {
    assemble::program(WorkerConfig::read, assemble::reconcile_tenant).await
}
