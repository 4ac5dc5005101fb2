//! `install-plugins PHASE [REQUEST]`: a Cloud Run job, and a process anywhere else.
//!
//! Reads a request, carries out one phase, writes the report beside the request and as the last line of standard output, and
//! ends with the report's exit code. What the phases are and what they promise: `tenancy::plugins`, docs/plugins.md.
//!
//! - `stage`: archives in, an immutable bundle out. No plugin's code is run.
//! - `activate`: the database made to fit a bundle, a plugin at a time, on a WordPress of its own.
//! - `verify`: the public site looked at.
//! - `bundle`: how a bundle lies in the bucket, and comes back from it.
//! - `wordpress`: a site as seen through PHP and HTTP.

mod activate;
mod arguments;
mod bundle;
mod error;
mod program;
mod sources;
mod stage;
mod verify;
mod wordpress;

use std::process::ExitCode;

use clap::Parser as _;

// One thread: children are bound to the thread that started them, and die with it.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    program::run(arguments::Arguments::parse()).await
}
