//! What a week costs at list prices: US dollars, tier 1 regions, no free tier and no discount, as published in 2025.
//! Sources: cloud.google.com/run/pricing (billed per request), cloud.google.com/storage/pricing (standard storage, one
//! region), cloud.google.com/pubsub/pricing.

use crate::assumptions as taken;
use crate::hours::{Hour, Week};

const VCPU_SECOND: f64 = 0.000_024;
const GIB_SECOND: f64 = 0.000_002_5;
const REQUEST: f64 = 0.40 / 1e6;
const CLASS_A: f64 = 0.005 / 1e3;
const CLASS_B: f64 = 0.000_4 / 1e3;
/// A GB that is kept for a week of a month's price.
const GB_WEEK: f64 = 0.020 * 7.0 / 30.0;
/// A message is billed as 1,000 bytes at least, when it is published and when it is delivered.
const MESSAGE: f64 = 2.0 * 1_000.0 * 40.0 / 1_099_511_627_776.0;

/// One line of the bill.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) what: &'static str,
    pub(crate) amount: String,
    pub(crate) dollars: f64,
}

/// The bill. A run is billed as if it were alone on its instance: four share one where there is enough to do.
pub(crate) fn bill(week: &Week) -> Vec<Item> {
    let total = week.total();
    let item = |what, amount, dollars| Item { what, amount, dollars };
    vec![
        item(
            "workers",
            format!("{:.0} h of runs", total.run_seconds / 3_600.0),
            seconds(total.run_seconds, taken::WORKER),
        ),
        item("sweeps", format!("{:.1} h", total.sweep_seconds / 3_600.0), seconds(total.sweep_seconds, taken::SWEEP)),
        item("requests", grouped(total.requests), float(total.requests) * REQUEST),
        item("bucket writes and listings", grouped(total.class_a), float(total.class_a) * CLASS_A),
        item("bucket reads", grouped(total.class_b), float(total.class_b) * CLASS_B),
        item(
            "bytes written, kept all week",
            format!("{:.1} GB", float(total.bytes) / 1e9),
            float(total.bytes) / 1e9 * GB_WEEK,
        ),
        item("messages", grouped(total.tasks + total.events), float(total.tasks + total.events) * MESSAGE),
    ]
}

/// All of it.
pub(crate) fn sum(bill: &[Item]) -> f64 {
    bill.iter().map(|item| item.dollars).sum()
}

/// What a loop would cost that reads both objects of each tenant where the sweep lists them.
pub(crate) fn reading_loop(week: &Week) -> (u64, f64) {
    let sweeps =
        float(u64::try_from(week.hours.len()).unwrap_or(u64::MAX)) * 3_600.0 / taken::SWEEP_EVERY.as_secs_f64();
    let reads = 2.0 * tenants(week) * sweeps;
    // Both are whole numbers far below where a float stops counting.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive whole number")]
    (reads as u64, reads * CLASS_B)
}

/// What the sweeps' listings cost.
pub(crate) fn listings(total: &Hour) -> f64 {
    float(total.listings) * CLASS_A
}

/// What a loop would cost that plans every tenant once an hour, as one must that hears of no change: hours of runs, dollars.
pub(crate) fn planning_loop(week: &Week) -> (f64, f64) {
    let runs = tenants(week) * float(u64::try_from(week.hours.len()).unwrap_or(u64::MAX));
    let time = runs * taken::PLAN.as_secs_f64();
    (time / 3_600.0, seconds(time, taken::WORKER))
}

fn seconds(time: f64, (vcpus, gib): (f64, f64)) -> f64 {
    time * (vcpus * VCPU_SECOND + gib * GIB_SECOND)
}

fn tenants(week: &Week) -> f64 {
    float(u64::try_from(week.tenants).unwrap_or(u64::MAX))
}

/// Far below where a float stops counting.
#[expect(clippy::cast_precision_loss, reason = "counts of a week are far below 2^52")]
pub(crate) const fn float(number: u64) -> f64 {
    number as f64
}

/// `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_is_amounts_times_prices() {
        let hour = Hour {
            run_seconds: 3_600.0,
            class_a: 1_000_000,
            class_b: 1_000_000,
            requests: 1_000_000,
            ..Hour::default()
        };
        let week = Week { tenants: 1, seed: 1, hours: vec![hour], left_behind: 0, told: Vec::new() };
        let bill = bill(&week);
        let dollars = |what| bill.iter().find(|item| item.what == what).unwrap().dollars;
        assert!((dollars("workers") - 3_600.0 * (2.0 * 0.000_024 + 2.5 * 0.000_002_5)).abs() < 1e-9);
        assert!((dollars("bucket writes and listings") - 5.0).abs() < 1e-9);
        assert!((dollars("bucket reads") - 0.4).abs() < 1e-9);
        assert!((dollars("requests") - 0.4).abs() < 1e-9);
        assert!((sum(&bill) - bill.iter().map(|item| item.dollars).sum::<f64>()).abs() < 1e-9);
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
