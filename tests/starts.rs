//! A function that lacks something says what, before it serves, and exits with 1.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use end_to_end::{Ended, Installation};

const FUNCTIONS: [&str; 7] = [
    "create-tenant",
    "update-tenant",
    "delete-tenant",
    "reconcile-tenant",
    "definition-changed",
    "check-drift",
    "get-tenant",
];

/// A program that is called Terraform and says it is of this version.
fn terraform_of(version: &str, folder: &Path) -> String {
    let path = folder.join(format!("terraform-{version}"));
    std::fs::write(&path, format!("#!/bin/sh\necho '{{\"terraform_version\": \"{version}\"}}'\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn assert_refused(ended: &Ended, names: &[&str]) {
    assert_eq!(ended.code, 1, "{}", ended.log);
    for name in names {
        assert!(ended.log.contains(name), "{name}: {}", ended.log);
    }
    assert!(!ended.log.contains("\"serving\""), "{}", ended.log);
    let problems = ended.log.lines().filter(|line| line.contains("\"ERROR\"")).count();
    assert_eq!(problems, 1, "said once, and to the log: {}", ended.log);
}

#[tokio::test]
async fn every_missing_or_wrong_variable_is_named_at_once() {
    let cloud = Installation::new().await;
    for function in FUNCTIONS {
        let environment = BTreeMap::from([("PORT".to_owned(), "eighty".to_owned())]);
        let mut names = vec!["PORT", "AIPRESS_AUTH", "AIPRESS_DEFINITIONS_BUCKET", "AIPRESS_RECORDS_BUCKET"];
        if function != "get-tenant" {
            names.push("AIPRESS_PLATFORM");
        }
        if ["definition-changed", "check-drift"].contains(&function) {
            names.push("AIPRESS_TASKS_TOPIC");
        }
        if !["get-tenant", "definition-changed", "check-drift"].contains(&function) {
            names.extend(["AIPRESS_STATE_BUCKET", "AIPRESS_MODULE", "AIPRESS_WORK"]);
        }
        assert_refused(&cloud.refused(function, &environment).await, &names);
    }
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let cloud = Installation::new().await;
    let old = terraform_of("1.10.5", cloud.folder());
    let mute = terraform_of("none", cloud.folder());
    std::fs::write(&mute, "#!/bin/sh\necho broken >&2\nexit 1\n").unwrap();
    let unreadable = cloud.folder().join("platform.yaml");
    std::fs::write(&unreadable, "project: [").unwrap();
    let unreadable = unreadable.to_str().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (function, variable, value, said) in [
        ("create-tenant", "TERRAFORM_BIN", "no-such-terraform", "no-such-terraform"),
        ("create-tenant", "TERRAFORM_BIN", "/nowhere/terraform", "/nowhere/terraform"),
        ("update-tenant", "TERRAFORM_BIN", &old, "1.10.5"),
        ("update-tenant", "TERRAFORM_BIN", &mute, "broken"),
        ("delete-tenant", "AIPRESS_MODULE", "/nowhere/module", "/nowhere/module"),
        ("delete-tenant", "AIPRESS_WORK", "/proc/work", "/proc/work"),
        ("reconcile-tenant", "AIPRESS_STATE_BUCKET", "no-such-bucket", "no-such-bucket"),
        ("reconcile-tenant", "TF_CLI_CONFIG_FILE", "/nowhere/terraform.rc", "/nowhere/terraform.rc"),
        ("definition-changed", "AIPRESS_DEFINITIONS_BUCKET", "no-such-bucket", "no-such-bucket"),
        ("definition-changed", "AIPRESS_PLATFORM", "/nowhere/platform.yaml", "/nowhere/platform.yaml"),
        ("check-drift", "AIPRESS_PLATFORM", unreadable, "AIPRESS_PLATFORM"),
        ("check-drift", "AIPRESS_RECORDS_BUCKET", "no-such-bucket", "no-such-bucket"),
        ("get-tenant", "PORT", &port, &port),
        ("get-tenant", "AIPRESS_HOST", "192.0.2.1", "loopback addresses only"),
    ] {
        let mut environment = cloud.environment().clone();
        environment.insert("AIPRESS_TASKS_TOPIC".to_owned(), "projects/e2e/topics/tasks".to_owned());
        environment.insert(variable.to_owned(), value.to_owned());
        assert_refused(&cloud.refused(function, &environment).await, &[said]);
    }
}
