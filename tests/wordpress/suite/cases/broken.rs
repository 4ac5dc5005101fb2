//! Plugins that break: none of them is met by a visitor, and the others are installed all the same.

use super::row::row;
use crate::world::{Archive, Site, World};

/// A site with one plugin that works, for a plugin that does not to be added to.
async fn with_a_good_one(world: &std::sync::Arc<World>, name: &str) -> Site {
    let mut site = world.site(name).await;
    site.roll_out_well(&site.lock(&[Archive::good("good", "1.0")])).await;
    site
}

const FRONT_PAGE: &str = "add_action( 'template_redirect', function () { throw new Error( 'front page' ); } );";
const CUT_SHORT: &str = "add_action( 'wp_footer', function () { flush(); missing_function(); } );";
const EXITS: &str = "register_activation_hook( __FILE__, function () { exit( 0 ); } );";
const SLEEPS: &str = "register_activation_hook( __FILE__, function () { sleep( 600 ); } );";
const PRINTS: &str = "?>\nsomething before the headers\n<?php ";

#[tokio::test(flavor = "multi_thread")]
async fn an_optional_plugin_that_breaks_is_left_out() {
    let Some(world) = World::new().await else { return };
    for (at, (case, code, result, message)) in [
        ("fatal on load", "missing_function();", "activation-failed", "missing_function"),
        ("fatal on the front page only", FRONT_PAGE, "unhealthy-reverted", "/ answers 500: Fatal error: "),
        ("front page cut short", CUT_SHORT, "unhealthy-reverted", "/ breaks off in the middle"),
        ("exit(0) on activation", EXITS, "activation-failed", "it ended the process"),
        ("activation takes too long", SLEEPS, "timeout", "more than 4 s"),
        ("output before headers", PRINTS, "activation-failed", "something before the headers"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut site = with_a_good_one(&world, &format!("broken-{at}")).await;
        let old = site.serve().await;
        let bad = Archive::with("bad", "1.0", code);
        let lock = site.lock(&[bad, Archive::good("good", "1.0"), Archive::good("later", "1.0")]);
        let rollout = site.roll_out(&lock).await;
        row(case, "bad", &rollout, &site, &old).await;
        assert_eq!((rollout.code(), rollout.result("bad").as_str()), (2, result), "{case}: {}", rollout.message("bad"));
        assert!(rollout.message("bad").contains(message), "{case}: {}", rollout.message("bad"));
        assert_eq!(
            (rollout.result("good").as_str(), rollout.result("later").as_str()),
            ("unchanged", "applied"),
            "{case}"
        );
        assert_eq!(site.active().await, ["good/good.php", "later/later.php"], "{case}");
        assert_eq!(site.option("aipress_plugins_journal").await, "", "{case}");

        assert_eq!(old.statuses().await, [200; 3], "{case}: the old revision");
        let new = site.serve().await;
        assert_eq!(new.statuses().await, [200; 3], "{case}: the new revision");
        assert_eq!(new.plugins_seen().await, ["good 1.0", "later 1.0"], "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_required_plugin_that_breaks_takes_everything_back() {
    let Some(world) = World::new().await else { return };
    let mut site = with_a_good_one(&world, "required").await;
    let old = site.serve().await;
    let broken = site.locked(&Archive::with("good", "2.0", "missing_function();"), true);
    let early = site.locked(&Archive::good("early", "1.0"), false);
    let lock = tenancy::plugins::Lock::new(vec![early, broken]).unwrap();
    let before = site.before.clone();
    let rollout = site.roll_out(&lock).await;
    row("required upgrade, fatal on load", "good", &rollout, &site, &old).await;
    assert_eq!((rollout.code(), rollout.result("good").as_str()), (4, "activation-failed"));
    let report = &rollout.activate.as_ref().unwrap().report;
    assert!(report.rolled_back && report.health_after.as_ref().unwrap().well());
    assert_eq!((site.before.clone(), site.active().await), (before, vec!["good/good.php".to_owned()]));
    assert_eq!((old.statuses().await, old.plugins_seen().await), ([200; 3], vec!["good 1.0".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_removed_comes_back_with_its_hooks() {
    let Some(world) = World::new().await else { return };
    let mut site = with_a_good_one(&world, "removed-back").await;
    let broken = site.locked(&Archive::with("bad", "1.0", FRONT_PAGE), true);
    let rollout = site.roll_out(&tenancy::plugins::Lock::new(vec![broken]).unwrap()).await;
    assert_eq!(rollout.code(), 4);
    assert_eq!(site.active().await, ["good/good.php"]);
    let hooks = (site.option("good_on").await, site.option("good_off").await);
    assert_eq!(hooks, ("2".to_owned(), "1".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_optional_upgrade_that_breaks_keeps_the_version_before() {
    let Some(world) = World::new().await else { return };
    let mut site = with_a_good_one(&world, "kept").await;
    let lock = site.lock(&[Archive::with("good", "2.0", FRONT_PAGE), Archive::good("other", "1.0")]);
    let rollout = site.roll_out(&lock).await;
    let new = site.serve().await;
    row("optional upgrade, fatal on the front page", "good", &rollout, &site, &new).await;
    assert_eq!((rollout.code(), rollout.result("good").as_str()), (2, "unhealthy-reverted"));
    assert_eq!(new.statuses().await, [200; 3]);
    assert_eq!(new.plugins_seen().await, ["good 1.0", "other 1.0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_is_not_well_is_left_alone() {
    let Some(world) = World::new().await else { return };
    let mut site = with_a_good_one(&world, "unwell").await;
    site.sql("UPDATE wp_options SET option_value = 'nothing' WHERE option_name IN ('template', 'stylesheet')").await;
    site.sql("RENAME TABLE wp_posts TO wp_lost").await;
    let (before, active) = (site.before.clone(), site.active().await);
    let broken_theme = site.folder.join("job/wp-content/themes");
    let away = site.folder.join("themes");
    site.job_folder().await;
    std::fs::rename(&broken_theme, &away).unwrap();
    std::fs::create_dir(&broken_theme).unwrap();
    std::fs::create_dir(broken_theme.join("nothing")).unwrap();
    std::fs::write(broken_theme.join("nothing/style.css"), "/* Theme Name: nothing */").unwrap();
    std::fs::write(broken_theme.join("nothing/index.php"), "<?php missing_function();").unwrap();
    let rollout = site.roll_out(&site.lock(&[Archive::good("good", "1.0"), Archive::good("other", "1.0")])).await;
    assert_eq!(rollout.code(), 3, "{:?}", rollout.activate);
    let health = rollout.activate.unwrap().report.health_before.unwrap();
    assert!(health.problems().contains("/ answers 500"), "{}", health.problems());
    assert_eq!((site.before.clone(), site.active().await), (before, active));
}
