//! Telling: a table for people, JSON for programs, progress for who waits.

use std::fmt::Write as _;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use serde_json::{Value, json};

use crate::figure::{Figure, Line};
use crate::sample::Spread;
use crate::settings::Settings;

/// Says what goes on.
#[expect(clippy::print_stderr, reason = "this program talks to people")]
pub(crate) fn progress(text: &str) {
    eprintln!("bench: {text}");
}

/// Prints the table and writes the JSON.
pub(crate) fn publish(lines: &[Line], settings: &Settings) -> std::io::Result<()> {
    let machine = machine();
    say(&text(lines, &machine));
    if let Some(folder) = settings.json.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let report = json!({"measuredAt": jiff::Timestamp::now(), "machine": machine, "figures": lines});
    std::fs::write(&settings.json, format!("{report:#}\n"))?;
    progress(&format!("for programs: {}", settings.json.display()));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this program talks to people")]
fn say(text: &str) {
    println!("{text}");
}

fn text(lines: &[Line], machine: &Value) -> String {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["what", "measured", "to reach", "", "ours", "against"]);
    let mut notes = String::new();
    for line in lines {
        match line {
            Line::Measured(figure) => {
                table.add_row(row(figure));
                if !figure.note.is_empty() {
                    let mark = if figure.met { "" } else { "missed: " };
                    // Writing to a String cannot fail.
                    let _ = writeln!(notes, "- {}: {mark}{}", figure.what, figure.note);
                }
            }
            Line::Failed { group, why } => {
                table.add_row([group.as_str(), "not measured", "", "failed", "", ""]);
                let _ = writeln!(notes, "- {group}: not measured: {why}");
            }
        }
    }
    let load = &machine["loadAverage"];
    format!("{table}\n\n{notes}\nmachine: {} cores, load average at the end {load}", machine["cores"])
}

fn row(figure: &Figure) -> Vec<Cell> {
    let verdict = if figure.met { "ok" } else { "MISSED" };
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    vec![
        Cell::new(&figure.what),
        right(figure.unit.show(figure.measured)),
        right(figure.target.show(figure.unit)),
        Cell::new(verdict),
        Cell::new(show(figure.ours)),
        Cell::new(show(figure.against)),
    ]
}

fn show(spread: Option<Spread>) -> String {
    let Some(Spread { samples, least, median, most }) = spread else { return String::new() };
    format!("{median:.1} ({least:.1}–{most:.1}, n={samples})")
}

/// What the figures hang on beside the code.
fn machine() -> Value {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(3).collect();
    json!({"cores": cores, "loadAverage": load.join(" "), "system": std::env::consts::OS, "profile": profile()})
}

const fn profile() -> &'static str {
    if cfg!(debug_assertions) { "dev" } else { "release" }
}
