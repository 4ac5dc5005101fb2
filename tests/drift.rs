//! A file of the sandbox's cloud edited by hand: found with resource and attribute, repaired where the definition says so.

use end_to_end::{Client, ControlPlane, Options, definition};
use reqwest::{Method, StatusCode};

/// The local settings, with a drift check due at every sweep.
fn always_due() -> Options {
    let local = include_str!("../deploy/local/platform.yaml");
    let platform = local.replace("intervalSeconds: 60", "intervalSeconds: 0");
    assert_ne!(local, platform);
    Options { platform: Some(platform), ..Options::default() }
}

const MAXIMUM: &str = "/template/0/scaling/0/max_instance_count";

fn maximum(plane: &ControlPlane) -> serde_json::Value {
    plane.cloud().read("google_cloud_run_v2_service", "acme").pointer(MAXIMUM).cloned().unwrap_or_default()
}

async fn with_drift(policy: &str) -> ControlPlane {
    let plane = ControlPlane::start_with(always_due()).await;
    plane.create(&definition("acme", &format!("driftPolicy: {policy}"))).await;
    plane.cloud().edit("google_cloud_run_v2_service", "acme", |service| {
        *service.pointer_mut(MAXIMUM).expect("the service has a maximum") = 77.into();
    });
    plane.sweep().await;
    plane
}

#[tokio::test]
async fn drift_is_reported_with_resource_and_attribute() {
    let plane = with_drift("Report").await;
    let tenant = plane
        .until("acme", "drifted", |tenant| !tenant["status"]["drift"]["found"].as_array().is_none_or(Vec::is_empty))
        .await;
    let found = &tenant["status"]["drift"]["found"][0];
    assert_eq!(found["address"], "google_cloud_run_v2_service.site");
    assert!(found["attributes"].to_string().contains("max_instance_count"), "{found}");
    assert_eq!(tenant["status"]["phase"], "Ready");
    let listed = plane.get("/tenants?drifted=true").await;
    assert_eq!(listed.body["items"][0]["name"], "acme", "{}", listed.text);
    assert_eq!(maximum(&plane), 77, "reported, not touched");

    let fleet = plane.get("/fleet/drift").await.body;
    assert_eq!((&fleet["items"][0]["name"], &fleet["items"][0]["found"][0]["sightings"]), (&"acme".into(), &1.into()));
    let fleet = fleet.to_string();
    let mut numbers = fleet.split(|sign: char| !sign.is_ascii_digit());
    assert!(numbers.all(|number| number != "77"), "paths, never values: {fleet}");
    plane.sweep().await;
    let again = || async {
        let found = plane.get("/fleet/drift").await.body["items"][0]["found"][0].clone();
        (found["sightings"] != 1).then_some(found)
    };
    let found = end_to_end::eventually("it is seen again", again).await;
    assert!(found["firstSeen"].as_str() <= tenant["status"]["drift"]["checked"].as_str(), "{found}");
    let client = Client::of(&plane);
    let table = client.ends(0, &["drift"]).await.stdout;
    assert!(table.contains("google_cloud_run_v2_service.site") && table.contains("max_instance_count"), "{table}");
    let csv = client.ends(0, &["drift", "-o", "csv", "-q"]).await.stdout;
    assert!(
        csv.lines().nth(1).is_some_and(|row| row.starts_with("acme,google_cloud_run_v2_service.site,update,")),
        "{csv}"
    );
    assert_eq!(client.json(0, &["drift"]).await["items"][0]["name"], "acme");
}

/// As Cloud Asset Inventory tells it; the labels name the tenant.
#[tokio::test]
async fn a_change_that_the_cloud_reports_is_checked_without_waiting_for_the_next_check() {
    let plane = ControlPlane::start().await;
    plane.create(&definition("acme", "driftPolicy: Report")).await;
    plane.cloud().edit("google_cloud_run_v2_service", "acme", |service| {
        *service.pointer_mut(MAXIMUM).expect("the service has a maximum") = 77.into();
    });
    let report = |time: &str| {
        let asset = serde_json::json!({"asset": {"name": "//run.googleapis.com/wp-acme", "updateTime": time,
            "resource": {"data": {"labels": {"aipress-tenant": "acme"}}}}});
        asset.to_string()
    };
    let ours = plane.send(Method::POST, "/assets", Some(&report("2026-01-01T00:00:00Z")), &[]).await;
    assert_eq!(ours.status, StatusCode::NO_CONTENT, "older than our own run: {}", ours.text);
    let theirs = plane.send(Method::POST, "/assets", Some(&report("2999-01-01T00:00:00Z")), &[]).await;
    assert_eq!(theirs.status, StatusCode::ACCEPTED, "{}", theirs.text);
    let drifted = |tenant: &serde_json::Value| tenant["status"]["drift"]["found"][0]["sightings"] == 1;
    plane.until("acme", "drifted", drifted).await;
}

#[tokio::test]
async fn drift_is_repaired_where_the_definition_says_so() {
    let plane = with_drift("Correct").await;
    end_to_end::eventually("the service is as defined again", || async { (maximum(&plane) == 3).then_some(()) }).await;
    plane.until("acme", "settled", |tenant| tenant["status"]["phase"] == "Ready").await;
    let operations = plane.operations("acme").await;
    assert!(operations.iter().any(|operation| operation["kind"] == "DriftCorrection"), "{operations:?}");
}
