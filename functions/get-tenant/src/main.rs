//! `GET /tenants`, one tenant, its operations, its definitions.

use std::process::ExitCode;

use tenancy::assemble;
use tenancy::config::ReaderConfig;

#[tokio::main]
async fn main() -> ExitCode {
    assemble::program(ReaderConfig::read, assemble::get_tenant).await
}
