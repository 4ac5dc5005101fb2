//! `make week`: seven days of the planned fleet, simulated, and what they cost.
//!
//! - `assumptions`: what is taken for granted: how often things happen, how long runs take. Printed on the page.
//! - `fleet`: the product's own reconciler, watcher, sweeper and commands over `metered` buckets and a `timed` provisioner.
//! - `life`: what happens to the fleet, by seed; `hours`: what was counted, by the hour.
//! - `money`: what that costs at list prices. Pure.
//! - `page`, `plots`: `docs/week.md` and its pictures, from the figures of `docs/week/week.json` alone.

mod assumptions;
mod fleet;
mod hours;
mod life;
mod metered;
mod money;
mod page;
mod plots;
mod timed;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::life::Scale;

/// Why a week could not be lived or told.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Simulates a week of a fleet and writes the page about it.
#[derive(Debug, Parser)]
struct Settings {
    /// Tenants to begin with.
    #[arg(long, value_name = "NUMBER", default_value_t = 50_000)]
    tenants: usize,
    /// What is drawn is drawn from this.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// The folder of the page.
    #[arg(long, value_name = "FOLDER", default_value = "docs")]
    out: PathBuf,
    /// Draw the page anew from the figures that are there.
    #[arg(long)]
    redraw: bool,
}

fn main() -> ExitCode {
    match run(&Settings::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress(&format!("failed: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(settings: &Settings) -> Result<(), Failure> {
    let folder = settings.out.join("week");
    let figures = folder.join("week.json");
    let week = if settings.redraw {
        serde_json::from_slice(&std::fs::read(&figures)?)?
    } else {
        life::live(Scale { tenants: settings.tenants, days: 7, seed: settings.seed })?
    };
    std::fs::create_dir_all(&folder)?;
    std::fs::write(&figures, week.to_json()?)?;
    std::fs::write(settings.out.join("week.md"), page::page(&week))?;
    for (name, picture) in plots::all(&week)? {
        std::fs::write(folder.join(name), picture)?;
    }
    progress(&format!("{} tells it", settings.out.join("week.md").display()));
    Ok(())
}

/// Says what goes on.
#[expect(clippy::print_stderr, reason = "this program talks to people")]
pub(crate) fn progress(text: &str) {
    eprintln!("week: {text}");
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::hours::Week;

    /// Whoever changes how the page is drawn draws it again: `cargo run -p week -- --redraw`.
    #[test]
    fn the_page_is_what_its_figures_make() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        let read = |name: &str| std::fs::read_to_string(docs.join(name)).unwrap();
        let week: Week = serde_json::from_str(&read("week/week.json")).unwrap();
        assert_eq!(page::page(&week), read("week.md"));
        for (name, picture) in plots::all(&week).unwrap() {
            assert!(picture == read(&format!("week/{name}")), "docs/week/{name} was not drawn from week.json");
        }
    }

    #[test]
    fn a_small_fleet_lives_a_day_and_is_as_defined_at_its_end() {
        let week = life::live(Scale { tenants: 100, days: 1, seed: 1 }).unwrap();
        let total = week.total();
        assert!((90..=110).contains(&total.plans), "each tenant was checked for drift once: {total:?}");
        assert!(total.applies > 0 && total.changes > 0, "{total:?}");
        assert_eq!(week.left_behind, 0, "at the end nothing was left to do");
        assert_eq!(week.hours.len(), 24);
    }
}
