//! A figure: what was measured, what it should reach, what was seen.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use serde::Serialize;

/// One row of the table.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) what: String,
    /// What it should reach.
    pub(crate) target: String,
    /// What was seen.
    pub(crate) seen: String,
    /// Whether it reaches it.
    pub(crate) met: bool,
}

impl Figure {
    /// A row.
    pub(crate) fn new(what: impl Into<String>, target: impl Into<String>, seen: impl Into<String>, met: bool) -> Self {
        Self { what: what.into(), target: target.into(), seen: seen.into(), met }
    }
}

/// The middle one of some durations.
pub(crate) fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort();
    durations[durations.len() / 2]
}

/// A duration in milliseconds.
pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// For people.
pub(crate) fn table(figures: &[Figure]) -> String {
    let mut text = String::from("| what | to reach | seen | |\n| --- | --- | --- | --- |\n");
    for Figure { what, target, seen, met } in figures {
        let _ = writeln!(text, "| {what} | {target} | {seen} | {} |", if *met { "met" } else { "missed" });
    }
    text
}

/// What is being measured now, on stderr.
pub(crate) fn progress(what: &str) {
    let _ = writeln!(std::io::stderr(), "measuring: {what} …");
}
