//! Each safeguard, switched off, is missed: an invariant that cannot fail would prove nothing.

use simulation::{Broken, Invariant, Settings, simulate};

/// Within so many seeds.
const SEEDS: u64 = 500;

fn is_missed(broken: Broken, invariant: Invariant) {
    let missed = (1..=SEEDS).any(|seed| {
        let outcome = simulate(Settings { seed, broken, tell: false });
        outcome.is_ok_and(|outcome| outcome.breaches.iter().any(|breach| breach.invariant == invariant))
    });
    assert!(missed, "{broken:?}: {invariant:?} held for {SEEDS} seeds");
}

#[test]
fn a_state_saved_whatever_is_there() {
    is_missed(Broken::Fence, Invariant::OneSaves);
}

#[test]
fn a_lease_taken_whoever_holds_it() {
    is_missed(Broken::Lease, Invariant::LeaseHolds);
}

#[test]
fn a_tombstone_without_its_grace() {
    is_missed(Broken::Tombstone, Invariant::NothingDestroyedUnasked);
}

#[test]
fn a_definition_written_whatever_is_there() {
    is_missed(Broken::Generation, Invariant::DefinitionKept);
}
