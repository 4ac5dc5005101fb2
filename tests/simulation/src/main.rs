//! `make simulate`: so many seeds, on every core; a seed that breaches an invariant says how to see it again.

#![expect(clippy::print_stdout, reason = "a program for people")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use comfy_table::{CellAlignment, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use simulation::{Broken, Campaign, Finding, Findings};

#[derive(Debug, Parser)]
struct Arguments {
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many.
    #[arg(long, default_value_t = 10_000)]
    schedules: u64,
    /// Switches a safeguard off, to see that its absence is noticed.
    #[arg(long, value_enum, default_value_t = Broken::Nothing)]
    broken: Broken,
    /// Tells each schedule's whole story.
    #[arg(long)]
    tell: bool,
    /// What comes out in the end.
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Table,
    Json,
}

fn main() -> ExitCode {
    let Arguments { seed, schedules, broken, tell, output } = Arguments::parse();
    let seeds = seed..seed.saturating_add(schedules);
    let campaign = Campaign { seeds, at_most: Duration::MAX, broken, tell };
    let (began, progress) = (Instant::now(), bar(schedules));
    let findings = campaign.run(|_, outcome| {
        for line in &outcome.story {
            progress.suspend(|| println!("{line}"));
        }
        progress.inc(1);
    });
    progress.finish_and_clear();
    match output {
        Output::Table => println!("{}", table(seed, &findings, began.elapsed())),
        Output::Json => println!("{:#}", json!({"seed": seed, "findings": findings})),
    }
    if findings.breaches.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// On a terminal only.
fn bar(schedules: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {pos} of {len} schedules, {eta} left");
    ProgressBar::new(schedules).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn table(seed: u64, findings: &Findings, took: Duration) -> String {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN).set_header(["what", "count"]);
    table.add_row(["schedules".to_owned(), findings.schedules.to_string()]);
    for (happening, count) in findings.happened.iter() {
        table.add_row([happening.to_string(), count.to_string()]);
    }
    table.add_row(["breaches".to_owned(), findings.breaches.len().to_string()]);
    if let Some(counts) = table.column_mut(1) {
        counts.set_cell_alignment(CellAlignment::Right);
    }
    let told = findings.breaches.iter().map(|Finding { seed, breach, again }| {
        format!("seed {seed}: {:?}: {}\n    {again}", breach.invariant, breach.what)
    });
    let end = format!("\nfrom seed {seed}, in {} s", took.as_secs());
    [table.to_string(), end].into_iter().chain(told).collect::<Vec<_>>().join("\n")
}
