//! `OpenTofu` in Terraform's place: `TERRAFORM_BIN` names it, and everything else is as it was.

use end_to_end::{ControlPlane, Options, definition, installed};
use reqwest::StatusCode;

/// The local settings, with a drift check due at every sweep.
fn with_tofu() -> Options {
    let local = include_str!("../deploy/local/platform.yaml");
    let platform = local.replace("intervalSeconds: 60", "intervalSeconds: 0");
    assert_ne!(local, platform);
    let environment = vec![("TERRAFORM_BIN".to_owned(), "tofu".to_owned())];
    Options { platform: Some(platform), environment, ..Options::default() }
}

#[tokio::test]
async fn a_tenant_is_made_changed_checked_held_and_deleted() {
    if !installed("tofu") {
        return;
    }
    let plane = ControlPlane::start_with(with_tofu()).await;
    let made = plane.create(&definition("acme", "runtime: {scaling: {maxInstances: 2}}")).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert!(plane.cloud().resources_of("acme").len() >= 6);

    let changed = plane.update("acme", &definition("acme", "runtime: {scaling: {maxInstances: 5}}")).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    let service = plane.cloud().read("google_cloud_run_v2_service", "acme");
    assert!(service.to_string().contains("\"max_instance_count\":5"), "{service}");

    plane.cloud().edit("google_cloud_run_v2_service", "acme", |service| {
        service["template"][0]["scaling"][0]["max_instance_count"] = 77.into();
    });
    plane.sweep().await;
    let drifted = |tenant: &serde_json::Value| tenant["status"]["drift"]["found"].to_string().contains("max_instance");
    plane.until("acme", "drifted", drifted).await;

    let held = plane.update("acme", &definition("acme", "database: {tier: premium}")).await;
    assert_eq!((held.status, held.body["reason"].as_str()), (StatusCode::CONFLICT, Some("HELD")), "{}", held.text);

    let gone = plane.delete("acme").await;
    assert_eq!(gone.status, StatusCode::OK, "{}", gone.text);
    assert_eq!(plane.cloud().resources_of("acme"), Vec::<std::path::PathBuf>::new());
}
