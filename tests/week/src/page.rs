//! The page: figures, bill, pictures, and what was taken for granted.

use std::fmt::Write as _;

use crate::assumptions as taken;
use crate::hours::Week;
use crate::money::{bill, float, grouped, listings, planning_loop, reading_loop, sum};

/// `docs/week.md`.
pub(crate) fn page(week: &Week) -> String {
    let mut page = format!(
        "# A week of {} tenants\n\nSimulated: the product's own reconciler, watcher, sweeper and commands over buckets and a \
         cloud in memory, with a clock that\njumps. Made by `make week` (seed {}), page and pictures by the same program; do \
         not edit.\n\n",
        grouped(u64::try_from(week.tenants).unwrap_or(u64::MAX)),
        week.seed
    );
    figures(&mut page, week);
    money(&mut page, week);
    pictures(&mut page, week);
    assumptions(&mut page);
    page
}

// Writing to a String cannot fail.
macro_rules! say {
    ($page:expr, $($text:tt)*) => { let _ = writeln!($page, $($text)*); };
}

fn figures(page: &mut String, week: &Week) {
    let total = week.total();
    say!(page, "| what | in the week |\n| --- | ---: |");
    for (what, number) in [
        ("definitions changed by people", total.changes),
        ("resources changed by hand", total.by_hand),
        ("Terraform runs: applies", total.applies),
        ("Terraform runs: drift checks", total.plans),
        ("Terraform runs: destroys", total.destroys),
        ("applies that the cloud refused", total.refused),
        ("runs whose process died", total.died),
        ("tasks", total.tasks),
        ("calls to buckets: writes and listings", total.class_a),
        ("calls to buckets: reads", total.class_b),
        ("tenants on an older release, at most", total.outdated),
        ("tasks that waited at once, at most", total.waiting),
        ("tenants still behind once everything was worked off", week.left_behind),
    ] {
        say!(page, "| {what} | {} |", grouped(number));
    }
    say!(page, "");
}

fn money(page: &mut String, week: &Week) {
    let items = bill(week);
    let all = sum(&items);
    let tenants = float(u64::try_from(week.tenants).unwrap_or(u64::MAX));
    say!(page, "## Money\n\n| what | amount | US$ |\n| --- | ---: | ---: |");
    for item in &items {
        say!(page, "| {} | {} | {:.2} |", item.what, item.amount, item.dollars);
    }
    say!(page, "| **all** | | **{all:.2}** |\n");
    say!(
        page,
        "That is {:.2} cents a tenant and month. Nothing is always on: at rest there is nothing to pay but what the buckets \
         hold\nand the sweeps' listings.\n",
        all * 100.0 / tenants * 30.0 / 7.0
    );
    let (reads, read) = reading_loop(week);
    let (hours, planned) = planning_loop(week);
    say!(
        page,
        "Beside it: a loop that reads both objects of each tenant where the sweep lists them costs ${read:.2} for {} \
         reads\n(the listings: ${:.2}); one that plans each tenant once an hour, since it hears of no change, ${} for {} h of runs.\n",
        grouped(reads),
        listings(&week.total()),
        whole(planned),
        whole(hours)
    );
    say!(
        page,
        "List prices of 2025, tier 1 regions, without the free tier; their sources are in `tests/week/src/money.rs`. Each run \
         is\nbilled as if it were alone on its instance: the upper bound. Not in it: the tenants' own resources, logs, the \
         network.\n"
    );
}

fn pictures(page: &mut String, week: &Week) {
    say!(page, "## Hour by hour\n");
    for (hour, what) in &week.told {
        say!(page, "- day {}, {:02}:00: {what}", hour / 24 + 1, hour % 24);
    }
    say!(page, "");
    for name in ["runs", "behind", "answers", "buckets"] {
        say!(page, "![{name}](week/{name}.svg)\n");
    }
}

fn assumptions(page: &mut String) {
    say!(page, "## Taken for granted\n\n| what | value |\n| --- | --- |");
    let seconds = |time: std::time::Duration| format!("{} s", time.as_secs());
    for (what, value) in [
        ("of 100 tenants, changed on a working day (at weekends a fifth of it)", taken::CHANGED_A_DAY.to_string()),
        ("of 100 tenants, new on a working day, and deleted", taken::NEW_A_DAY.to_string()),
        ("of 100 tenants, changed by hand on a day", taken::DRIFTED_A_DAY.to_string()),
        ("of 100 changes, uploads; the others are requests", taken::UPLOADED.to_string()),
        ("of 1,000 events, lost; as many come twice", taken::EVENTS_LOST.to_string()),
        (
            "of 100 applies, refused by the cloud",
            format!("{}; in the hour of the outage {}", taken::REFUSED, taken::REFUSED_IN_OUTAGE),
        ),
        ("of 1,000 runs, killed", taken::KILLED.to_string()),
        (
            "a run that plans, creates, updates, destroys",
            [taken::PLAN, taken::CREATE, taken::UPDATE, taken::DESTROY].map(seconds).join(", "),
        ),
        ("worker instances, runs in one", format!("{}, {}", taken::INSTANCES, taken::RUNS_PER_INSTANCE)),
        (
            "a worker; a sweep",
            format!(
                "{} vCPU, {} GiB; {} vCPU, {} GiB",
                taken::WORKER.0,
                taken::WORKER.1,
                taken::SWEEP.0,
                taken::SWEEP.1
            ),
        ),
        ("between two sweeps", seconds(taken::SWEEP_EVERY)),
        ("a listing of 1,000 objects", format!("{} s", taken::LISTING_SECONDS)),
        ("between two drift checks of a tenant", "a day, the default".to_owned()),
    ] {
        say!(page, "| {what} | {value} |");
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive number, rounded")]
fn whole(number: f64) -> String {
    grouped(number.round() as u64)
}
