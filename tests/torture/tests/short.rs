//! A short torture at every test run; the long one is `make torture`.

use torture::{Settings, torture};

#[tokio::test(flavor = "multi_thread")]
async fn forty_kills_and_everything_is_as_defined() {
    let tally = torture(Settings { seed: 7, kills: 40, tenants: 3 }, |line| println!("{line}")).await;
    assert_eq!(tally.failures, Vec::<String>::new(), "again: make torture SEED=7 KILLS=40 TENANTS=3");
    assert!(tally.kills >= 40 && tally.functions > 0, "{tally:?}");
}
