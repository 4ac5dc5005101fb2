//! The short run, for every change; `make torture` is the long one.

use torture::{Settings, torture};

/// A seed of which the first moments meet every kind of process.
const SEED: u64 = 1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_kills_leave_everything_as_defined() {
    let tally = torture(Settings { seed: SEED, kills: 20, tenants: 6 }, |told| println!("{told}")).await;
    println!("{tally}");
    assert_eq!(tally.failures, Vec::<String>::new());
    assert!(tally.kills() >= 20 && tally.moments >= 3 && tally.states > 0 && tally.entries > 0, "{tally}");
}
