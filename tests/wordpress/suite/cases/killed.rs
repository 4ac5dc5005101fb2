//! Killed as it takes each of its steps, and run again: it ends as if nothing had happened.

use tenancy::plugins::InstallPhase;

use crate::world::{Archive, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_killed_is_run_again() {
    let Some(world) = World::new().await else { return };
    let mut kills = 0;
    for steps in 1.. {
        let mut site = world.site(&format!("killed-{steps}")).await;
        let first = [Archive::good("upgraded", "1.0"), Archive::good("removed", "1.0")];
        site.roll_out_well(&site.lock(&first)).await;
        let old = site.serve().await;
        let lock = site.lock(&[Archive::good("added", "1.0"), Archive::good("upgraded", "2.0")]);
        let request = site.request(&lock);
        let mut ended = site.run_until(InstallPhase::Stage, &request, steps).await;
        if ended.is_none() {
            kills += 1;
            ended = Some(site.run(InstallPhase::Stage, &request).await);
        }
        assert_eq!(ended.map(|done| done.code), Some(0), "stage, step {steps}");

        let whole = site.run_until(InstallPhase::Activate, &request, steps).await;
        assert_eq!(old.statuses().await, [200; 3], "the old revision, after step {steps}");
        let through = whole.is_some();
        let done = match whole {
            Some(done) => done,
            None => site.run(InstallPhase::Activate, &request).await,
        };
        assert_eq!(done.code, 0, "activate, step {steps}: {:?}", done.report);
        site.before = lock;
        assert_eq!(site.active().await, ["added/added.php", "upgraded/upgraded.php"], "step {steps}");
        assert_eq!(site.option("aipress_plugins_journal").await, "", "step {steps}");
        let new = site.serve().await;
        assert_eq!(new.statuses().await, [200; 3], "step {steps}");
        assert_eq!(new.plugins_seen().await, ["added 1.0", "upgraded 2.0"], "step {steps}");
        if through {
            break;
        }
        kills += 1;
    }
    println!("killed {kills} times");
    assert!(kills >= 12, "only {kills} steps were seen");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_plugin_left_active_by_a_killed_run_is_taken_back() {
    let Some(world) = World::new().await else { return };
    let mut site = world.site("left-active").await;
    site.roll_out_well(&site.lock(&[Archive::good("good", "1.0")])).await;
    let front_page = "add_action( 'template_redirect', function () { throw new Error( 'front page' ); } );";
    let lock = site.lock(&[Archive::good("good", "1.0"), Archive::with("bad", "1.0", front_page)]);
    let request = site.request(&lock);
    assert_eq!(site.run(InstallPhase::Stage, &request).await.code, 0);
    // Compose, look, journal, place, activate, confirm: active by now, and not looked at.
    assert!(site.run_until(InstallPhase::Activate, &request, 6).await.is_none());
    assert_eq!(site.active().await, ["bad/bad.php", "good/good.php"]);
    let done = site.run(InstallPhase::Activate, &request).await;
    assert_eq!((done.code, done.result("bad").as_str()), (2, "unhealthy-reverted"));
    assert_eq!(site.active().await, ["good/good.php"]);
}
