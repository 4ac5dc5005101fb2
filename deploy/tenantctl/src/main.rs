//! `tenantctl`: the command-line client of the tenants API, for people and for the pipeline of a definitions repository.
//!
//! - [`args`]: what can be typed. [`settings`]: that and the environment, made into what a command works with.
//! - [`commands`]: one file a command: asks the rooms below, shows the result.
//! - [`work`]: changing tenants: what to do (pure), doing it, and what came of it.
//! - [`files`]: definition files and what is wrong with them. [`git`]: the same, in a repository's history.
//! - [`api`]: the tenants API over HTTP.
//! - [`output`]: everything that is printed. [`exit`]: every way to end.

mod api;
mod args;
mod commands;
mod exit;
mod files;
mod git;
mod output;
mod settings;
mod work;

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = args::Arguments::parse();
    let environment = settings::Environment::read();
    let output = output::Output::new(&args.global, &environment);
    let result = commands::run(args, environment, &output).await;
    let exit = result.unwrap_or_else(|failure| {
        output.failure(&failure);
        failure.exit()
    });
    exit.into()
}
