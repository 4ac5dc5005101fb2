//! Everything is found again after a stop, and after a kill.

use end_to_end::{ControlPlane, definition};
use reqwest::StatusCode;

#[tokio::test]
async fn a_second_start_finds_everything_again() {
    let mut plane = ControlPlane::start().await;
    let made = plane.create(&definition("acme", "")).await;
    plane.restart().await;
    let found = plane.get("/tenants/acme").await;
    assert_eq!((found.status, found.etag), (StatusCode::OK, made.etag));
    let operations = plane.operations("acme").await.len();
    let same = plane.update("acme", &definition("acme", "")).await;
    assert_eq!(same.status, StatusCode::OK, "{}", same.text);
    assert_eq!(plane.operations("acme").await.len(), operations, "the same platform, the same digest, no run");
}

#[tokio::test]
async fn what_a_kill_interrupted_is_taken_up_again() {
    let local = include_str!("../deploy/local/platform.yaml");
    let platform = local.replace("  runs: 4", "  runs: 4\n  leaseSeconds: 3");
    assert_ne!(local, platform);
    let options = end_to_end::Options { platform: Some(platform), sweep_seconds: 1, ..Default::default() };
    let mut plane = ControlPlane::start_with(options).await;
    let faults = r#"[{"type": "google_sql_database", "op": "create", "delayMs": 4000, "times": 1}]"#;
    std::fs::write(plane.folder().join("cloud/faults.json"), faults).unwrap();
    let asked = [("prefer", "respond-async")];
    plane.send(reqwest::Method::POST, "/tenants", Some(&definition("acme", "")), &asked).await;
    plane.until_phase("acme", "Applying").await;
    plane.kill_and_restart().await;
    plane.until_phase("acme", "Ready").await;
    let outcomes: Vec<_> =
        plane.ended_operations("acme").await.into_iter().map(|operation| operation["outcome"].clone()).collect();
    assert!(outcomes.iter().all(|outcome| outcome == "Succeeded" || outcome == "Interrupted" || outcome == "Failed"));
    // Which one it was: an event's own operation may be younger than the request's that is taken up again.
    assert!(outcomes.iter().any(|outcome| outcome == "Succeeded"), "{outcomes:?}");
}
