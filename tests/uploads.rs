//! The bucket as the front door: a file put there, changed and taken away is followed, whatever becomes of its events.

use std::time::Duration;

use end_to_end::{ControlPlane, Options, definition, eventually};
use reqwest::{Method, StatusCode};

const BUCKET: &str = "aipress-sandbox-definitions";

#[tokio::test]
async fn a_file_is_followed_from_upload_to_tombstone_and_back() {
    let plane = ControlPlane::start().await;
    plane.upload("acme", &definition("acme", "")).await;
    plane.until_phase("acme", "Ready").await;

    plane.upload("acme", &definition("acme", "runtime: {scaling: {maxInstances: 9}}")).await;
    plane
        .until("acme", "is changed", |tenant| {
            tenant["status"]["phase"] == "Ready"
                && tenant["spec"]["runtime"]["scaling"]["maxInstances"] == 9
                && tenant["status"]["observedGeneration"] == tenant["metadata"]["generation"]
        })
        .await;

    plane.remove_upload("acme").await;
    plane.until_phase("acme", "Tombstoned").await;
    assert!(!plane.cloud().resources_of("acme").is_empty(), "not destroyed");

    plane.upload("acme", &definition("acme", "")).await;
    plane.until_phase("acme", "Ready").await;
}

#[tokio::test]
async fn a_bad_file_is_said_on_the_status_and_what_ran_still_runs() {
    let plane = ControlPlane::start().await;
    plane.upload("acme", &definition("acme", "")).await;
    plane.until_phase("acme", "Ready").await;
    plane.upload("acme", &definition("acme", "maxInstance: 3")).await;
    let tenant = plane.until_phase("acme", "Invalid").await;
    assert!(tenant["status"]["conditions"].to_string().contains("maxInstance"), "{tenant}");
    assert!(!plane.cloud().resources_of("acme").is_empty());
}

#[tokio::test]
async fn lost_events_are_healed_by_the_sweep() {
    let plane = ControlPlane::start_with(Options { events: false, ..Options::default() }).await;
    plane.upload("acme", &definition("acme", "")).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(plane.get("/tenants/acme").await.body["status"], serde_json::Value::Null);
    let report = plane.sweep().await;
    assert_eq!(report["due"][0]["tenant"], "acme", "{report}");
    plane.until_phase("acme", "Ready").await;
    plane.remove_upload("acme").await;
    plane.sweep().await;
    plane.until_phase("acme", "Tombstoned").await;
}

#[tokio::test]
async fn doubled_and_reversed_events_change_nothing() {
    let plane = ControlPlane::start_with(Options { events: false, ..Options::default() }).await;
    plane.upload("acme", &definition("acme", "")).await;
    for kind in ["archived", "finalized", "deleted", "finalized", "archived"] {
        assert_acknowledged(event(&plane, kind, "tenants/acme.yaml").await);
    }
    plane.until_phase("acme", "Ready").await;
    for kind in ["deleted", "archived", "finalized"] {
        event(&plane, kind, "tenants/acme.yaml").await;
    }
    eventually("one apply served them all", || async {
        let operations = plane.operations("acme").await;
        (operations.len() == 1 && operations[0]["outcome"] == "Succeeded").then_some(())
    })
    .await;
    // Objects that are no definitions, and other buckets, are nobody's business.
    for name in ["tenants/README.md", "acme.yaml", "tenants/Acme.yaml"] {
        assert_eq!(event(&plane, "finalized", name).await, StatusCode::NO_CONTENT, "{name}");
    }
}

/// Only these make an event's sender stop sending it.
fn assert_acknowledged(status: StatusCode) {
    assert!([200, 201, 202, 204].contains(&status.as_u16()), "{status}");
}

async fn event(plane: &ControlPlane, kind: &str, name: &str) -> StatusCode {
    let headers = [
        ("ce-id", "1"),
        ("ce-specversion", "1.0"),
        ("ce-type", &format!("google.cloud.storage.object.v1.{kind}")),
        ("ce-source", &format!("//storage.googleapis.com/projects/_/buckets/{BUCKET}")),
        ("ce-subject", &format!("objects/{name}")),
        ("content-type", "application/json"),
    ];
    let body = format!("{{\"bucket\": \"{BUCKET}\", \"name\": \"{name}\", \"generation\": \"1\"}}");
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, *value)).collect();
    plane.post_event(&headers, body).await.status
}

#[tokio::test]
async fn a_malformed_event_is_acknowledged_since_no_retry_can_mend_it() {
    let plane = ControlPlane::start().await;
    let answer = plane.send(Method::POST, "/events", Some("{"), &[("ce-id", "1")]).await;
    assert_acknowledged(answer.status);
}
