//! A step of an image's build: initialise the module once, in `AIPRESS_PREPARED`, so that no start has to.

use std::process::ExitCode;

use tenancy::assemble;
use tenancy::config::PrepareConfig;

#[tokio::main]
async fn main() -> ExitCode {
    assemble::preparation(PrepareConfig::read).await
}
