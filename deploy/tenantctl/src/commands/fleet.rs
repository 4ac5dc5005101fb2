//! `fleet`: the fleet in numbers, a row a number, with a bar for its share.

use super::Context;
use super::list::tone_of;
use crate::api::{Fleet, Shares};
use crate::exit::{Exit, Failure, count};
use crate::output::{Table, Tone};

/// Characters of the bar of the whole fleet.
const BAR: usize = 24;
/// A character, filled in eighths.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

pub(super) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let fleet = context.api.fleet().await?;
    context.output.show(&fleet.raw, || context.output.table(&table(&fleet.value, usize::MAX)))?;
    context.output.note(&count(fleet.value.tenants, "tenant"));
    Ok(Exit::Ok)
}

/// The fleet as rows: what each is about, which value, how many tenants, and the share; what a person would act on stands
/// before what is many rows long. A value is cut to its last `longest` characters: its end tells more than its beginning.
pub(super) fn table(fleet: &Fleet, longest: usize) -> Table {
    let mut table = Table::new(&["ABOUT", "VALUE", "TENANTS", "SHARE", ""]);
    let counted = |table: &mut Table, tone, about: &str, value: &str, tenants: usize| {
        let share = Share { part: tenants, whole: fleet.tenants };
        let value = end_of(value, longest);
        table.row(tone, [about.to_owned(), value, tenants.to_string(), share.percent(), share.bar()]);
    };
    for (phase, tenants) in &fleet.phases {
        counted(&mut table, tone_of(phase), "phase", phase, *tenants);
    }
    if fleet.outdated > 0 {
        counted(&mut table, Tone::Note, "release", "outdated", fleet.outdated);
    }
    if fleet.drifted > 0 {
        counted(&mut table, Tone::Note, "drift", "drifted", fleet.drifted);
    }
    for (about, shares) in [("image", &fleet.images), ("module", &fleet.modules), ("project", &fleet.projects)] {
        for (value, tenants) in most_first(shares) {
            counted(&mut table, Tone::Plain, about, &value, tenants);
        }
    }
    for held in &fleet.held {
        let cells = ["held", held.tenant.as_str(), "1", "", &held.reason];
        table.row(Tone::Note, cells.map(str::to_owned));
    }
    for apply in &fleet.slowest {
        let cells = ["slowest apply", apply.tenant.as_str(), "1", "", &format!("{} s", apply.seconds)];
        table.row(Tone::Plain, cells.map(str::to_owned));
    }
    for (kind, truths) in &fleet.conditions {
        for (truth, tenants) in truths {
            counted(&mut table, Tone::Plain, "condition", &format!("{kind}={truth}"), *tenants);
        }
    }
    table
}

fn end_of(value: &str, longest: usize) -> String {
    let length = value.chars().count();
    if length <= longest {
        return value.to_owned();
    }
    let end: String = value.chars().skip(length - longest + 1).collect();
    format!("…{end}")
}

fn most_first(shares: &Shares) -> Vec<(String, usize)> {
    let mut counts: Vec<(String, usize)> = shares.counts.iter().map(|(value, count)| (value.clone(), *count)).collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    if shares.others > 0 {
        counts.push(("others".to_owned(), shares.others));
    }
    counts
}

/// A part of the fleet.
#[derive(Clone, Copy)]
pub(super) struct Share {
    pub(super) part: usize,
    pub(super) whole: usize,
}

impl Share {
    /// In tenths of a percent, so that one tenant of a thousand is not nothing.
    pub(super) fn percent(self) -> String {
        let tenths = (self.part * 1000 + self.whole / 2).checked_div(self.whole).unwrap_or_default();
        format!("{}.{} %", tenths / 10, tenths % 10)
    }

    /// Anything at all shows.
    pub(super) fn bar(self) -> String {
        let eighths = (self.part * BAR * 8).checked_div(self.whole).unwrap_or_default();
        let eighths = eighths.max(usize::from(self.part > 0));
        format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_value_the_end_is_shown() {
        for (value, longest, shown) in [("6.8", 3, "6.8"), ("runtime:6.8", 5, "…:6.8"), ("größe:6.8", 9, "größe:6.8")]
        {
            assert_eq!(end_of(value, longest), shown);
        }
    }

    #[test]
    fn a_share_is_a_percentage_and_a_bar() {
        for (part, whole, percent, bar) in [
            (0, 0, "0.0 %", String::new()),
            (0, 500, "0.0 %", String::new()),
            (1, 50_000, "0.0 %", "▏".to_owned()),
            (1, 1_000, "0.1 %", "▏".to_owned()),
            (250, 500, "50.0 %", "█".repeat(12)),
            (500, 500, "100.0 %", "█".repeat(24)),
        ] {
            let share = Share { part, whole };
            assert_eq!((share.percent().as_str(), share.bar()), (percent, bar), "{part} of {whole}");
        }
    }
}
