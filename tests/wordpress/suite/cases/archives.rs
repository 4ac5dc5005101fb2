//! Archives that are not what they should be: refused before any database is asked.

use std::fmt::Write as _;

use end_to_end::Finished;
use tenancy::digest::Digest;
use tenancy::plugins::{Lock, LockedPlugin};

use super::row::row;
use crate::world::{ARTIFACTS, Archive, PHP, World};

/// A plugin of 25,001 files, a few bytes each in its archive.
fn bomb() -> Archive {
    (0..25_000).fold(Archive::good("bad", "1.0"), |archive, at| archive.file(&format!("bad/{at}.php"), PHP))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_cannot_be_trusted_is_refused() {
    let Some(world) = World::new().await else { return };
    let mut site = world.site("archives").await;
    site.roll_out_well(&site.lock(&[Archive::good("good", "1.0")])).await;
    let visitor = site.serve().await;
    let mut other_bytes = site.locked(&Archive::good("bad", "1.0"), true);
    other_bytes.sha256 = Digest::of(b"something else");
    let mut nowhere = site.locked(&Archive::good("bad", "1.0"), true);
    nowhere.source = "file:///nowhere.zip".parse().unwrap();
    let required = |archive: Archive| site.locked(&archive, true);
    let cases: Vec<(&str, LockedPlugin, &str, &str)> = vec![
        ("wrong version header", required(Archive::good("bad", "1.1").called("1.0")), "version-mismatch", "says 1.1"),
        (
            "path with ..",
            required(Archive::good("bad", "1.2").file("bad/../../x.php", PHP)),
            "unsafe-archive",
            "leads out",
        ),
        (
            "symlink",
            required(Archive::good("bad", "1.3").link("bad/x", "/etc/passwd")),
            "unsafe-archive",
            "symbolic link",
        ),
        (
            "two top folders",
            required(Archive::good("bad", "1.4").file("two/x.php", PHP)),
            "unsafe-archive",
            "more than one",
        ),
        (
            "absolute path",
            required(Archive::good("bad", "1.5").file("/tmp/x.php", PHP)),
            "unsafe-archive",
            "absolute path",
        ),
        ("bomb", required(bomb().called("1.6")), "unsafe-archive", "25002 entries"),
        ("no plugin", required(Archive::empty("bad", "1.7").file("bad/bad.php", PHP)), "unsafe-archive", "no plugin"),
        ("wrong checksum", other_bytes, "checksum-mismatch", "locked is"),
        ("no archive", nowhere, "not-found", "does not exist"),
    ];
    let good = site.before.plugins()[0].clone();
    for (case, bad, result, message) in cases {
        let lock = Lock::new(vec![good.clone(), bad]).unwrap();
        let rollout = site.roll_out(&lock).await;
        row(case, "bad", &rollout, &site, &visitor).await;
        assert_eq!((rollout.code(), rollout.result("bad").as_str()), (65, result), "{case}: {:?}", rollout.stage);
        assert!(rollout.message("bad").contains(message), "{case}: {}", rollout.message("bad"));
        assert!(rollout.activate.is_none() && rollout.stage.report.bundle == site.before.bundle(), "{case}");
        assert_eq!(
            (site.active().await, visitor.statuses().await),
            (vec!["good/good.php".to_owned()], [200; 3]),
            "{case}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_optional_archive_that_cannot_be_trusted_is_left_out() {
    let Some(world) = World::new().await else { return };
    let mut site = world.site("optional").await;
    let bad = site.locked(&Archive::good("bad", "1.0").link("bad/x", "/etc/passwd"), false);
    let good = site.locked(&Archive::good("good", "1.0"), true);
    let rollout = site.roll_out(&Lock::new(vec![bad, good]).unwrap()).await;
    let visitor = site.serve().await;
    row("optional plugin with a symlink", "bad", &rollout, &site, &visitor).await;
    assert_eq!((rollout.code(), rollout.result("bad").as_str()), (2, "unsafe-archive"));
    assert_eq!((site.active().await, visitor.statuses().await), (vec!["good/good.php".to_owned()], [200; 3]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_optional_upgrade_that_cannot_be_trusted_keeps_the_version_before() {
    let Some(world) = World::new().await else { return };
    let mut site = world.site("optional-upgrade").await;
    site.roll_out_well(&site.lock(&[Archive::good("one", "1.0"), Archive::good("two", "1.0")])).await;
    let bad = site.locked(&Archive::good("one", "2.1").called("2.0"), false);
    let two = site.locked(&Archive::good("two", "2.0"), true);
    let rollout = site.roll_out(&Lock::new(vec![bad, two]).unwrap()).await;
    assert_eq!((rollout.code(), rollout.result("one").as_str()), (2, "version-mismatch"));
    let visitor = site.serve().await;
    assert_eq!(visitor.plugins_seen().await, ["one 1.0", "two 2.0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_site_has_is_not_fetched_again() {
    let Some(world) = World::new().await else { return };
    let mut site = world.site("fetched-once").await;
    let one = site.lock(&[Archive::good("one", "1.0")]);
    site.roll_out_well(&one).await;
    let mut lost = one.plugins()[0].clone();
    lost.source = "file:///nowhere.zip".parse().unwrap();
    let lock = Lock::new(vec![lost, site.locked(&Archive::good("two", "1.0"), false)]).unwrap();
    site.roll_out_well(&lock).await;
    assert_eq!(site.serve().await.plugins_seen().await, ["one 1.0", "two 1.0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_make_no_sense_are_refused() {
    let Some(world) = World::new().await else { return };
    let site = world.site("senseless").await;
    let run = async |arguments: &[&str]| -> Finished {
        let installer = end_to_end::binary("install-plugins");
        let endpoint = world.storage.endpoint().to_owned();
        let environment = [("AIPRESS_STORAGE_ENDPOINT", endpoint.as_str())];
        end_to_end::run(installer.to_str().unwrap(), arguments, &site.folder, &environment).await
    };
    world.storage.upload(ARTIFACTS, "requests/broken.json", "{\"tenant\": \"Acme\"}").await;
    for (arguments, message) in [
        (&["stage"][..], "no request"),
        (&["stage", "request.json"], "no file's address"),
        (&["stage", "gs://artifacts/requests/none.json"], "does not exist"),
        (&["stage", "gs://artifacts/requests/broken.json"], "line 1 column 18"),
    ] {
        let finished = run(arguments).await;
        assert_eq!(finished.code, 64, "{finished:?}");
        let mut said = finished.stdout;
        write!(said, "{}", finished.stderr).unwrap();
        assert!(said.contains(message), "{said}");
    }
    let unstaged = site.request(&site.lock(&[Archive::good("one", "1.0")]));
    let done = site.run(tenancy::plugins::InstallPhase::Activate, &unstaged).await;
    assert_eq!(done.code, 64);
    assert!(done.report.message.contains("run `stage` first"), "{}", done.report.message);
}
