//! `make simulate`: so many seeds, on every core; a seed that breaches an invariant prints how to see it again.

#![expect(clippy::print_stdout, reason = "a program for people")]

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use clap::Parser;
use simulation::{Broken, Outcome, Settings, simulate};

#[derive(Debug, Parser)]
struct Arguments {
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many.
    #[arg(long, default_value_t = 10_000)]
    schedules: u64,
    /// Tells one seed's whole story.
    #[arg(long)]
    tell: bool,
}

#[derive(Default)]
struct Sums {
    steps: AtomicU64,
    kills: AtomicU64,
    faults: AtomicU64,
    failed: AtomicU64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (next, sums) = (AtomicU64::new(arguments.seed), Sums::default());
    let end = arguments.seed.saturating_add(arguments.schedules);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    one(seed, arguments.tell, &sums);
                }
            });
        }
    });
    let read = |sum: &AtomicU64| sum.load(Ordering::Relaxed);
    let (failed, steps) = (read(&sums.failed), read(&sums.steps));
    println!(
        "{} schedules from seed {}: {steps} effects, {} kills, {} faults, {failed} breaches",
        arguments.schedules,
        arguments.seed,
        read(&sums.kills),
        read(&sums.faults)
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one(seed: u64, tell: bool, sums: &Sums) {
    match simulate(Settings { seed, broken: Broken::Nothing, tell }) {
        Ok(outcome) => {
            sums.steps.fetch_add(outcome.steps, Ordering::Relaxed);
            sums.kills.fetch_add(outcome.kills, Ordering::Relaxed);
            sums.faults.fetch_add(outcome.faults, Ordering::Relaxed);
            sums.failed.fetch_add(u64::from(!outcome.breaches.is_empty()), Ordering::Relaxed);
            report(seed, &outcome);
        }
        Err(error) => {
            sums.failed.fetch_add(1, Ordering::Relaxed);
            println!("seed {seed}: {error}");
        }
    }
}

fn report(seed: u64, outcome: &Outcome) {
    for line in &outcome.story {
        println!("{line}");
    }
    for breach in &outcome.breaches {
        println!("seed {seed}: {:?}: {}", breach.invariant, breach.what);
        println!("    make simulate SEED={seed} SCHEDULES=1 TELL=--tell");
    }
}
