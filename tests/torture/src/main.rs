//! `make torture SEED=… KILLS=…`: as many kills as asked for.

#![expect(clippy::print_stdout, reason = "a program for people")]

use std::process::ExitCode;

use clap::Parser;
use torture::{Settings, torture};

#[derive(Debug, Parser)]
struct Arguments {
    /// Decides deeds, victims and moments.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Processes to kill.
    #[arg(long, default_value_t = 1_000)]
    kills: usize,
    /// Tenants at once.
    #[arg(long, default_value_t = 6)]
    tenants: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { seed, kills, tenants } = Arguments::parse();
    let tally = torture(Settings { seed, kills, tenants }, |line| println!("{line}")).await;
    println!("seed {seed}, {tenants} tenants at once: {tally}");
    if tally.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
