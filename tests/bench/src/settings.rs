//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Which table is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Table {
    /// One tenant, and twenty.
    Speed,
    /// The planned fleet.
    Fleet,
}

/// Measures a table of speed: progress on standard error, the table on standard output.
#[derive(Debug, Clone, Parser)]
pub(crate) struct Settings {
    /// Which table.
    #[arg(value_enum, default_value_t = Table::Speed)]
    pub(crate) table: Table,
    /// Tenants of the fleet.
    #[arg(long, value_name = "NUMBER", default_value_t = 50_000)]
    pub(crate) tenants: usize,
    /// Tenants of the fleet whose resources Terraform makes, changed all at once; from 100 to 1,000.
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000, value_parser = clap::value_parser!(u16).range(100..=1_000))]
    pub(crate) changed: u16,
    /// Where programs find the figures.
    #[arg(long, value_name = "FILE", default_value = "target/bench.json")]
    pub(crate) json: PathBuf,
    /// Pairs of applies to compare, after two for warming up.
    #[arg(long, value_name = "NUMBER", default_value_t = 12)]
    pub(crate) pairs: usize,
    /// Starts of each function.
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    pub(crate) starts: usize,
    /// Rounds of twenty creates at once.
    #[arg(long, value_name = "NUMBER", default_value_t = 2)]
    pub(crate) rounds: usize,
    /// Measure only these groups. Speed: parse, bombs, list, events, start, apply, burst. Fleet: memory, storage,
    /// terraform.
    #[arg(long, value_name = "GROUP", num_args = 1..)]
    pub(crate) only: Vec<String>,
}

impl Settings {
    /// Whether a group of figures is asked for.
    pub(crate) fn wants(&self, group: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == group)
    }
}
