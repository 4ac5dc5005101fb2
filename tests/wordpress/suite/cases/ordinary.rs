//! Plugins that work: installed, upgraded, downgraded, removed, left alone; and how long it takes.

use std::time::Duration;

use tenancy::plugins::InstallPhase;

use super::row::row;
use crate::world::{Archive, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_site_follows_its_list() {
    let Some(world) = World::new().await else { return };
    let mut site = world.site("ordinary").await;

    let two = site.lock(&[Archive::good("zebra", "1.0"), Archive::good("apple", "1.0")]);
    let first = site.roll_out_well(&two).await;
    let revision = site.serve().await;
    row("install two", "zebra", &first, &site, &revision).await;
    assert_eq!(revision.statuses().await, [200; 3]);
    assert_eq!(site.active().await, ["apple/apple.php", "zebra/zebra.php"]);
    assert_eq!(revision.plugins_seen().await, ["apple 1.0", "zebra 1.0"]);
    assert_eq!((site.option("zebra_on").await, site.option("zebra_off").await), ("1".to_owned(), String::new()));

    let again = site.roll_out_well(&two).await;
    row("no-op", "zebra", &again, &site, &revision).await;
    assert_eq!(again.result("zebra"), "unchanged");
    assert_eq!(site.option("zebra_on").await, "1", "hooks of activation run once");

    let newer = site.lock(&[Archive::good("zebra", "2.0"), Archive::good("apple", "1.0")]);
    let upgraded = site.roll_out_well(&newer).await;
    let old = revision;
    let revision = site.serve().await;
    row("upgrade", "zebra", &upgraded, &site, &revision).await;
    assert_eq!(upgraded.result("apple"), "unchanged");
    assert_eq!(revision.plugins_seen().await, ["apple 1.0", "zebra 2.0"]);
    assert_eq!(old.plugins_seen().await, ["apple 1.0", "zebra 1.0"], "the revision before still has its own files");

    let downgraded = site.roll_out_well(&two).await;
    let revision = site.serve().await;
    row("downgrade", "zebra", &downgraded, &site, &revision).await;
    assert_eq!(revision.plugins_seen().await, ["apple 1.0", "zebra 1.0"]);
    assert_eq!(site.option("zebra_on").await, "1", "another version is no activation");

    let one = site.lock(&[Archive::good("apple", "1.0")]);
    let removed = site.roll_out_well(&one).await;
    let revision = site.serve().await;
    row("remove", "zebra", &removed, &site, &revision).await;
    assert_eq!(removed.activate.as_ref().unwrap().result("zebra"), "removed");
    assert_eq!(site.active().await, ["apple/apple.php"]);
    assert_eq!(site.option("zebra_off").await, "1", "its hooks ran while its files were there");

    let none = site.roll_out_well(&site.lock(&[])).await;
    assert_eq!(none.activate.unwrap().report.bundle, None);
    let revision = site.serve().await;
    assert_eq!((site.active().await.len(), revision.statuses().await), (0, [200; 3]));
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_plugins_and_nothing_to_do_are_quick() {
    let Some(world) = World::new().await else { return };
    let mut site = world.site("eight").await;
    let names = ["one", "two", "three", "four", "five", "six", "seven", "eight"];
    let lock = site.lock(&names.map(|name| Archive::good(name, "1.0")));
    let eight = site.roll_out_well(&lock).await;
    let revision = site.serve().await;
    row("install eight", "eight", &eight, &site, &revision).await;
    assert_eq!((site.active().await.len(), revision.statuses().await), (8, [200; 3]));
    assert!(eight.took() < Duration::from_secs(15) * busy(), "eight plugins took {:?}", eight.took());

    let nothing = site.roll_out_well(&lock).await;
    row("no-op of eight", "eight", &nothing, &site, &revision).await;
    assert!(nothing.took() < Duration::from_secs(2) * busy(), "nothing to do took {:?}", nothing.took());
}

/// How many times as long things take while other programs run on this machine; 1 where it is idle.
fn busy() -> u32 {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let runnable: f64 = load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (1..100).find(|times| runnable <= f64::from(*times) * f64::from(u32::try_from(cores).unwrap())).unwrap_or(100)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_site_is_looked_at() {
    let Some(world) = World::new().await else { return };
    let mut site = world.site("public").await;
    let lock = site.lock(&[Archive::good("one", "1.0")]);
    site.roll_out_well(&lock).await;
    let revision = site.serve().await;
    let mut request = site.request(&lock);
    request.site_url = Some(revision.address().to_owned());
    let well = site.run(InstallPhase::Verify, &request).await;
    assert_eq!((well.code, well.report.message.as_str()), (0, ""));

    site.sql("UPDATE wp_options SET option_value = 'a:0:{}' WHERE option_name = 'active_plugins'").await;
    let asleep = site.run(InstallPhase::Verify, &request).await;
    assert_eq!((asleep.code, asleep.report.message.as_str()), (3, "one is not active"));

    drop(revision);
    let gone = site.run(InstallPhase::Verify, &request).await;
    assert_eq!(gone.code, 3);
    assert!(gone.report.message.contains("/ does not answer"), "{}", gone.report.message);
}
