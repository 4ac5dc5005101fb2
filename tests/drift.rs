//! A file of the sandbox's cloud edited by hand: found with resource and attribute, repaired where the definition says so.

use end_to_end::{ControlPlane, Options, definition};

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
}

#[tokio::test]
async fn drift_is_repaired_where_the_definition_says_so() {
    let plane = with_drift("Correct").await;
    end_to_end::eventually("the service is as defined again", || async { (maximum(&plane) == 3).then_some(()) }).await;
    plane.until("acme", "settled", |tenant| tenant["status"]["phase"] == "Ready").await;
    let operations = plane.operations("acme").await;
    assert!(operations.iter().any(|operation| operation["kind"] == "DriftCorrection"), "{operations:?}");
}
