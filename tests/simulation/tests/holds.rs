//! As many schedules as a test may take time for. `make simulate` runs as many as it is asked for.

use std::time::Duration;

use simulation::{Broken, Campaign, Happening};

#[test]
fn the_invariants_hold() {
    let campaign =
        Campaign { seeds: 1..10_001, at_most: Duration::from_secs(40), broken: Broken::Nothing, tell: false };
    let findings = campaign.run(|_, _| {});
    println!("{} schedules, {} kills", findings.schedules, findings.happened.of(Happening::Kill));
    assert!(findings.happened.of(Happening::Pruned) > 0, "retention is at work in the schedules");
    assert!(findings.happened.of(Happening::Freeze) > 0, "processes outlive their leases in the schedules");
    assert!(findings.schedules > 0 && findings.breaches.is_empty(), "{:#?}", findings.breaches);
}
