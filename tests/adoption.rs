//! What exists although no state knows of it: taken over where it is the tenant's own, left alone where it is not, and never
//! left behind by a deletion.

use std::path::{Path, PathBuf};

use end_to_end::{ControlPlane, Options, definition, eventually, run};
use reqwest::{Method, StatusCode};
use serde_json::Value;

/// A control plane that dies with everything it started, in the middle of making `acme`: the database, its user, the secret
/// and the bucket are there, and no state says so.
async fn killed_after_making() -> ControlPlane {
    let local = include_str!("../deploy/local/platform.yaml");
    let platform = local.replace("  runs: 4", "  runs: 4\n  leaseSeconds: 3");
    assert_ne!(local, platform);
    let mut plane = ControlPlane::start_with(Options { platform: Some(platform), ..Options::default() }).await;
    let faults = r#"[{"type": "google_cloud_run_v2_service", "op": "create", "delayMs": 60000, "times": 1}]"#;
    std::fs::write(plane.folder().join("cloud/faults.json"), faults).unwrap();
    let asked = [("prefer", "respond-async")];
    plane.send(Method::POST, "/tenants", Some(&definition("acme", "")), &asked).await;
    // The service hangs on all the others, so its creation begins once they are made.
    let begun = plane.folder().join("cloud/faults.used");
    eventually("the service's creation", || async { begun.exists().then_some(()) }).await;
    assert!(plane.cloud().resources_of("acme").len() >= 5);
    let state = plane.storage.list("aipress-sandbox-state", "terraform/tenants/").await;
    assert!(!state.iter().any(|name| name.ends_with(".tfstate")), "no state was saved yet: {state:?}");
    let children = processes_in(plane.folder());
    assert!(!children.is_empty());
    plane.kill().await;
    for child in children {
        run("kill", &["-KILL", &child], plane.folder(), &[]).await;
    }
    plane.start_again().await;
    plane
}

/// Processes that work in a folder: Terraform and its providers, in the folders of their runs.
fn processes_in(folder: &Path) -> Vec<String> {
    let folder = folder.canonicalize().unwrap();
    let works_there = |process: &PathBuf| {
        std::fs::read_link(process.join("cwd")).is_ok_and(|at| at.starts_with(&folder) && at != folder)
    };
    let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path()).filter(works_there);
    processes.map(|process| process.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[tokio::test]
async fn what_a_killed_run_made_is_taken_over() {
    let plane = killed_after_making().await;
    let made = plane.update("acme", &definition("acme", "")).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    assert_eq!(made.body["status"]["phase"], "Ready");
    let operations = plane.operations("acme").await;
    let outcomes: Vec<&Value> = operations.iter().map(|operation| &operation["outcome"]).collect();
    assert!(outcomes.iter().all(|outcome| ["Succeeded", "Interrupted"].contains(&outcome.as_str().unwrap())));
    let id = operations[0]["id"].as_str().unwrap();
    let log = plane.get(&format!("/tenants/acme/operations/{id}/log")).await;
    for kind in ["google_sql_database.site", "google_sql_user.site", "google_storage_bucket.media"] {
        assert!(log.text.contains(&format!("{kind}: exists already as")), "{}", log.text);
    }
    assert!(operations[0]["changes"].to_string().contains("import"), "{}", operations[0]);

    // Nothing of it was made twice, and nothing is missing: the next plan is empty, and a deletion leaves nothing.
    let preview = plane.send(Method::PUT, "/tenants/acme?dryRun=true", Some(&definition("acme", "")), &[]).await;
    assert_eq!(preview.body["changes"], serde_json::json!([]), "{}", preview.text);
    let gone = plane.delete("acme").await;
    assert_eq!(gone.status, StatusCode::OK, "{}", gone.text);
    assert_eq!(plane.cloud().resources_of("acme"), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_deletion_after_a_killed_run_leaves_nothing_behind() {
    let plane = killed_after_making().await;
    let gone = plane.delete("acme").await;
    assert_eq!(gone.status, StatusCode::OK, "{}", gone.text);
    assert_eq!(plane.cloud().resources_of("acme"), Vec::<PathBuf>::new());
    assert_eq!(plane.get("/tenants/acme").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_stands_in_the_way_of_an_approved_plan_is_taken_over_too() {
    let plane = ControlPlane::start().await;
    plane.create(&definition("acme", "")).await;
    let held = plane.update("acme", &definition("acme", "database: {tier: premium}")).await;
    assert_eq!(held.body["reason"], "HELD", "{}", held.text);
    // An earlier run made the database where it is to go, and died.
    let old = plane.cloud().resource("google_sql_database", "acme");
    let new = old.to_string_lossy().replace("shared-1", "premium-1");
    assert_ne!(old.to_string_lossy(), new);
    std::fs::write(&new, std::fs::read_to_string(&old).unwrap().replace("shared-1", "premium-1")).unwrap();

    let digest = serde_json::json!({ "digest": held.body["digest"] }).to_string();
    let json = [("content-type", "application/json")];
    let done = plane.send(Method::POST, "/tenants/acme/approvals", Some(&digest), &json).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_eq!(done.body["status"]["phase"], "Ready");
    assert_eq!(plane.cloud().resource("google_sql_database", "acme").to_string_lossy(), new, "and nothing else");
    assert!(plane.operations("acme").await[0]["changes"].to_string().contains("import"));
}

#[tokio::test]
async fn a_bucket_of_somebody_else_is_reported_and_left_alone() {
    let plane = ControlPlane::start().await;
    plane.create(&definition("donor", "")).await;
    let donors = plane.cloud().resource("google_storage_bucket", "donor");
    let taken = donors.to_string_lossy().replace("donor-media", "acme-media");
    let content = std::fs::read_to_string(&donors).unwrap().replace("donor-media", "acme-media");
    std::fs::write(&taken, &content).unwrap();

    let refused = plane.create(&definition("acme", "")).await;
    assert_eq!(refused.body["reason"], "APPLY_FAILED", "{}", refused.text);
    let why = "google_storage_bucket.media exists already and was left alone: its label aipress-tenant is 'donor'";
    assert!(refused.text.contains(why), "{}", refused.text);
    assert_eq!(std::fs::read_to_string(&taken).unwrap(), content, "not a byte of it was changed");

    // Its owner hands it over.
    plane.cloud().edit("google_storage_bucket", "acme", |bucket| {
        let text = bucket.to_string().replace(r#""aipress-tenant":"donor""#, r#""aipress-tenant":"acme""#);
        *bucket = serde_json::from_str(&text).unwrap();
    });
    let made = plane.update("acme", &definition("acme", "")).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    assert_eq!(made.body["status"]["phase"], "Ready");
}
