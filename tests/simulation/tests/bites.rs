//! Each safeguard, switched off, is missed: an invariant that cannot fail would prove nothing.

use simulation::{Broken, Invariant, Settings, simulate};

/// The first seed at which this invariant does not hold.
fn missed_at(broken: Broken, invariant: Invariant, within: u64) -> Option<u64> {
    (1..=within).find(|&seed| {
        let outcome = simulate(Settings { seed, broken, tell: false }).unwrap();
        outcome.breaches.iter().any(|breach| breach.invariant == invariant)
    })
}

#[test]
fn every_safeguard_is_missed_when_it_is_broken() {
    for (broken, invariant) in [
        (Broken::Fence, Invariant::OneSaves),
        (Broken::Lease, Invariant::LeaseHolds),
        (Broken::Tombstone, Invariant::NothingDestroyedUnasked),
        (Broken::Generation, Invariant::DefinitionKept),
    ] {
        assert!(missed_at(broken, invariant, 500).is_some(), "{broken:?}: {invariant:?} held for 500 seeds");
    }
}
