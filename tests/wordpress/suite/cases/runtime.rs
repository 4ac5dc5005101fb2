//! The runtime's own promises: installed before it is reachable, the right bundle or none, settings a tenant cannot bend.

use tenancy::digest::Digest;

use crate::world::{Archive, Revision, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_site_is_installed_before_anybody_reaches_it() {
    let Some(world) = World::new().await else { return };
    let site = world.blank_site("blank").await;
    let (one, two) = tokio::join!(Revision::start(&site, None, &[]), Revision::start(&site, None, &[]));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!((one.statuses().await, two.statuses().await), ([200; 3], [200; 3]));
    for closed in ["/wp-admin/install.php", "/wp-admin/install.php?step=2", "/wp-admin/setup-config.php"] {
        assert!(one.get(closed).await.0 >= 400, "{closed}");
    }
    let users = site.option("wp_user_roles").await;
    assert!(!users.is_empty());
    // What docs/runtime.md says of the first administrator.
    let password = hmac("administrator", "password of blank");
    let form = [("log", "admin"), ("pwd", &password[..24]), ("testcookie", "1")];
    assert_eq!(one.post("/wp-login.php", &form).await, 302, "{password}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_with_another_bundle_does_not_start() {
    let Some(world) = World::new().await else { return };
    let mut site = world.site("bundle").await;
    site.roll_out_well(&site.lock(&[Archive::good("one", "1.0")])).await;
    let other = Digest::of(b"another").to_string();
    let said = Revision::start(&site, site.before.bundle(), &[("AIPRESS_PLUGINS_DIGEST", &other)]).await.err().unwrap();
    assert!(said.contains("the plugin bundle is sha256:") && said.contains(&other), "{said}");
    let said = Revision::start(&site, Some(Digest::of(b"never staged")), &[]).await.err().unwrap();
    assert!(said.contains("the plugin bundle is missing"), "{said}");
    let said = Revision::start(&site, None, &[("AIPRESS_SECRET_FILE", "/nowhere")]).await.err().unwrap();
    assert!(said.contains("is the secret mounted?"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_what_they_say() {
    let Some(world) = World::new().await else { return };
    let site = world.site("settings").await;
    let probe = Archive::with(
        "probe",
        "1.0",
        "add_action( 'init', function () { if ( isset( $_GET['settings'] ) ) { \
         echo json_encode( array( WP_DEBUG, DISALLOW_FILE_MODS, AUTOMATIC_UPDATER_DISABLED, home_url(), is_ssl(), \
         strlen( AUTH_KEY ), AUTH_KEY !== LOGGED_IN_SALT, getenv( 'WORDPRESS_DB_PASSWORD' ) ) ); exit; } } );",
    );
    let mut site = site;
    site.roll_out_well(&site.lock(&[probe])).await;
    let debug = [("WP_DEBUG", "false"), ("WP_HOME", "https://shop.example"), ("WP_SITEURL", "https://shop.example")];
    let revision = Revision::start(&site, site.before.bundle(), &debug).await.unwrap();
    let (_, said) = revision.get("/?settings").await;
    assert_eq!(said, r#"[false,true,true,"https:\/\/shop.example",false,64,true,false]"#);
    let revision = Revision::start(&site, site.before.bundle(), &[("WP_DEBUG", "1")]).await.unwrap();
    let (_, said) = revision.get("/?settings").await;
    assert!(said.starts_with(r#"[true,true,true,"http:\/\/127.0.0.1:"#), "{said}");
}

/// HMAC-SHA256, as anybody computes it; PHP does here.
fn hmac(text: &str, key: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "another program's answer")]
    let output = std::process::Command::new("php")
        .args(["-r", "echo hash_hmac('sha256', $argv[1], $argv[2]);", "--", text, key])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}
