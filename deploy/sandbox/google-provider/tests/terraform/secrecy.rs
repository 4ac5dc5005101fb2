//! The database password: in no state, no plan, no file of the cloud, and always the same one in the secret and on the user.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sandbox_google_provider::cloud::{Cloud, is_password};
use sandbox_google_provider::kinds::open_secret;
use sandbox_google_provider::value::Value;
use serde_json::json;

use crate::workspace::{Workspace, files};

/// The password as the stored secret's latest version says it.
fn password(tenant: &Workspace) -> String {
    let cloud = Cloud::open(tenant.cloud()).unwrap();
    let config = Value::from([("secret", "projects/aipress-sandbox/secrets/wp-acme-db".into())]).into_fields();
    let opened = open_secret(&cloud, &config, None).unwrap();
    opened["secret_data"].as_str().unwrap().to_owned()
}

/// The files under a folder that hold a text, as it is or in base64.
fn holding(folder: &Path, text: &str) -> Vec<String> {
    let encoded = STANDARD.encode(text);
    let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    let found = files(folder).into_iter().filter(|path| {
        let bytes = fs::read(path).unwrap();
        holds(&bytes, text) || holds(&bytes, &encoded)
    });
    found.map(|path| path.display().to_string()).collect()
}

fn in_step(tenant: &Workspace) -> String {
    let password = password(tenant);
    let kept = tenant.read("google_sql_user")["_sandbox"]["password_sha256"].as_str().unwrap().to_owned();
    assert!(is_password(&password, &kept), "the user has the password that the secret holds");
    password
}

#[test]
fn the_password_is_nowhere() {
    let tenant = Workspace::tenant("minimal");
    let first = tenant.apply().ok().out;
    let password = in_step(&tenant);
    assert_eq!(password.len(), 32);

    tenant.input("/image", json!("wordpress-runtime:next"));
    tenant.terraform(&["plan", "-out=saved.plan"]).ok();
    let shown = tenant.terraform(&["show", "-json", "saved.plan"]).ok().out;
    // Uncompressed, so that it is searched with the rest.
    tenant.write("saved.json", &shown);
    tenant.write("apply.log", &first);
    tenant.write("trace.log", &tenant.terraform(&["apply", "-json", "saved.plan"]).ok().out);
    for folder in [tenant.run(), tenant.cloud()] {
        assert_eq!(holding(&folder, &password), Vec::<String>::new());
        assert_ne!(holding(&folder, "wp-acme"), Vec::<String>::new(), "the search finds what is there");
    }
    tenant.write("planted", &STANDARD.encode(&password));
    assert_eq!(holding(&tenant.run(), &password).len(), 1);
}

#[test]
fn the_key_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let tenant = Workspace::tenant("minimal");
    tenant.apply().ok();
    let mode = fs::metadata(tenant.cloud().join("vault.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_rotation_stays_in_step_and_rolls_a_revision() {
    let tenant = Workspace::tenant("minimal");
    tenant.apply().ok();
    let (old, revision) = (in_step(&tenant), tenant.output("latest_ready_revision"));
    tenant.apply().ok();
    assert_eq!(in_step(&tenant), old, "an apply without a rotation changes no password");

    tenant.input("/password_version", json!(2));
    tenant.apply().ok();
    assert_ne!(in_step(&tenant), old);
    assert_ne!(tenant.output("latest_ready_revision"), revision);
    assert_eq!(tenant.output("secret")["version"], "2");
    tenant.plan().ok();
}

#[test]
fn a_rotation_that_fails_halfway_is_in_step_after_the_next_apply() {
    for (kind, op) in [
        ("google_sql_user", "create"),
        ("google_sql_user", "update"),
        ("google_secret_manager_secret_version", "create"),
    ] {
        let tenant = Workspace::tenant("minimal");
        let fault =
            json!([{"type": kind, "op": op, "times": 1, "error": "googleapi: Error 503: try again, backendError"}]);
        if op == "update" {
            tenant.apply().ok();
            tenant.input("/password_version", json!(2));
        }
        tenant.faults(&fault);
        assert!(tenant.apply().failed().contains("Error 503"), "{kind} {op}");
        tenant.apply().ok();
        in_step(&tenant);
        tenant.plan().ok();
    }
}

#[test]
fn a_password_is_new_for_each_tenant() {
    let passwords = [(); 2].map(|()| {
        let tenant = Workspace::tenant("minimal");
        tenant.apply().ok();
        password(&tenant)
    });
    assert_ne!(passwords[0], passwords[1]);
}
