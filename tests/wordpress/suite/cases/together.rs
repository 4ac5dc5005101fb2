//! Two revisions, and two runs, on one database.

use tenancy::plugins::InstallPhase;

use crate::world::{Archive, Revision, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_new_revision_leaves_the_old_one_alone() {
    let Some(world) = World::new().await else { return };
    let mut site = world.site("side-by-side").await;
    site.roll_out_well(&site.lock(&[Archive::good("shop", "1.0")])).await;
    let old = site.serve().await;
    let broken = site.lock(&[Archive::with("shop", "2.0", "missing_function();")]);
    assert_eq!(site.run(InstallPhase::Stage, &site.request(&broken)).await.code, 0);
    // Rolled out without having been activated, as by hand.
    let new = Revision::start(&site, broken.bundle(), &[]).await.unwrap();
    assert_eq!(new.statuses().await[0], 500);
    assert_eq!(new.get("/aipress/health").await.0, 500, "it never becomes ready");
    assert_eq!((old.statuses().await, old.plugins_seen().await), ([200; 3], vec!["shop 1.0".to_owned()]));
    assert_eq!(old.get("/aipress/health").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_runs_at_once_one_waits() {
    let Some(world) = World::new().await else { return };
    let site = world.site("two-runs").await;
    let slow = "register_activation_hook( __FILE__, function () { sleep( 2 ); } );";
    let lock = site.lock(&[Archive::with("slow", "1.0", slow)]);
    let (one, two) = (site.request(&lock), site.request(&lock));
    site.job_folder().await;
    let staged = tokio::join!(site.run(InstallPhase::Stage, &one), site.run(InstallPhase::Stage, &two));
    assert_eq!((staged.0.code, staged.1.code), (0, 0));
    let done = tokio::join!(site.run(InstallPhase::Activate, &one), site.run(InstallPhase::Activate, &two));
    assert_eq!((done.0.code, done.1.code), (0, 0), "{:?}", done.1.report);
    assert_eq!((done.0.result("slow"), done.1.result("slow")), ("applied".to_owned(), "applied".to_owned()));
    assert_eq!(site.option("slow_on").await, "1", "it was activated once");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_plugins_survives_whoever_looks_at_it() {
    let Some(world) = World::new().await else { return };
    let mut site = world.site("looked-at").await;
    let bare = site.serve().await;
    site.roll_out_well(&site.lock(&[Archive::good("one", "1.0")])).await;
    assert_eq!(site.active().await, ["one/one.php"]);
    // The revision with the plugin is still on its way; an administrator opens the list on the one without.
    site.sql("UPDATE wp_users SET user_pass = MD5('secret') WHERE user_login = 'admin'").await;
    assert_eq!(bare.post("/wp-login.php", &[("log", "admin"), ("pwd", "secret"), ("testcookie", "1")]).await, 302);
    let (status, page) = bare.get("/wp-admin/plugins.php").await;
    assert_eq!(status, 200);
    assert!(page.contains("one/one.php"), "the administrator sees that a file is missing");
    assert_eq!(site.active().await, ["one/one.php"]);
    assert_eq!(bare.get("/aipress/health").await.0, 200);
    assert_eq!(site.serve().await.plugins_seen().await, ["one 1.0"]);
}
