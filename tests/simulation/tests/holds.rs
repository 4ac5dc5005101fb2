//! As many schedules as a test may take time for. `make simulate` runs as many as it is asked for.

use std::time::Duration;

use simulation::{Broken, Campaign, Happening, Settings, simulate};

#[test]
fn the_invariants_hold() {
    let campaign = Campaign { seeds: 1..2_001, at_most: Duration::from_secs(40), broken: Broken::Nothing, tell: false };
    let findings = campaign.run(|_, _| {});
    println!("{} schedules, {} kills", findings.schedules, findings.happened.of(Happening::Kill));
    assert!(findings.happened.of(Happening::Pruned) > 0, "retention is at work in the schedules");
    assert!(findings.schedules > 0 && findings.breaches.is_empty(), "{:#?}", findings.breaches);
}

#[test]
#[ignore = "an open finding: a tenant is forgotten while its resources are there"]
fn a_deletion_beside_a_run_that_was_taken_over_leaves_nothing() {
    let outcome = simulate(Settings { seed: 2_448, broken: Broken::Nothing, tell: false }).unwrap();
    assert!(outcome.breaches.is_empty(), "{:#?}", outcome.breaches);
}
