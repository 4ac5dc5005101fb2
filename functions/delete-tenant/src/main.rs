//! `DELETE /tenants/{id}`

use std::process::ExitCode;

use tenancy::assemble;
use tenancy::config::WorkerConfig;

#[tokio::main]
async fn main() -> ExitCode {
    assemble::program(WorkerConfig::read, assemble::delete_tenant).await
}
