//! `make bench` and `make bench-fleet`: measure what the README's tables of speed say, side by side, in one run.
//!
//! - `figure`, `sample`: what a measurement comes to. Pure.
//! - `buckets`, `counting`: the sandbox's storage; what a bucket is asked.
//! - `world`, `function`, `plane`, `bare`, `wire`: the sandbox; the functions as processes of their own; the whole control
//!   plane as one; Terraform as a person runs it; HTTP/1.1 without a client's own cost.
//! - `figures`: one file a figure.
//! - `memory`: what this process holds.
//! - `report`: a table for people, JSON for programs.
//!
//! A figure that fails is a line of the table, and the others are measured all the same.

mod bare;
mod buckets;
mod counting;
mod figure;
mod figures;
mod function;
mod memory;
mod plane;
mod report;
mod sample;
mod settings;
mod wire;
mod world;

use std::process::ExitCode;

use clap::Parser as _;

use crate::settings::Settings;

/// Why something could not be measured: for people to read.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let settings = Settings::parse();
    let lines = figures::all(&settings).await;
    match report::publish(&lines, &settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::progress(&format!("the report cannot be written: {error}"));
            ExitCode::FAILURE
        }
    }
}
