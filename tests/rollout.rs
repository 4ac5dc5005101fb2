//! Another default image: nothing at once, then the canaries, then the others; halted where it breaks them, and taken back.

use end_to_end::{Client, ControlPlane, Options, definition, eventually};
use reqwest::StatusCode;
use serde_json::Value;

const OLD: &str = "wordpress-runtime:6.8";
const NEW: &str = "wordpress-runtime:6.9";

/// The local settings, with this image and waves that go on as soon as they can.
fn platform(image: &str) -> String {
    let local = include_str!("../deploy/local/platform.yaml");
    let waves = local.replace("[0.1, 0.5, 1]", "[1]").replace("soakSeconds: 20", "soakSeconds: 0");
    assert_ne!(local, waves);
    let unhurried = waves.replace("intervalSeconds: 60", "intervalSeconds: 86400");
    unhurried.replace(OLD, image)
}

/// A canary and two others on the old image; then the new one is the default.
async fn of_three() -> ControlPlane {
    let options = Options { events: false, platform: Some(platform(OLD)), ..Options::default() };
    let mut plane = ControlPlane::start_with(options).await;
    let canary = definition("acme", "").replace("  name: acme\n", "  name: acme\n  labels: {canary: 'yes'}\n");
    for source in [canary, definition("beta", ""), definition("gamma", "")] {
        let created = plane.create(&source).await;
        assert_eq!(created.status, StatusCode::CREATED, "{}", created.text);
    }
    plane.sweep().await;
    plane.deploy(platform(NEW)).await;
    plane
}

fn images(plane: &ControlPlane) -> Vec<bool> {
    let mut images = Vec::new();
    for id in ["acme", "beta", "gamma"] {
        let service = plane.cloud().read("google_cloud_run_v2_service", id).to_string();
        assert_ne!(service.contains(OLD), service.contains(NEW), "{service}");
        images.push(service.contains(NEW));
    }
    images
}

/// Sweeps until the rollout stands so.
async fn until(plane: &ControlPlane, state: &str) -> Value {
    eventually(&format!("the rollout is {state}"), || async {
        plane.sweep().await;
        let rollout = plane.get("/fleet/rollout").await.body;
        (rollout["state"] == state).then_some(rollout)
    })
    .await
}

#[tokio::test]
async fn another_image_goes_out_in_waves_the_canaries_first() {
    let plane = of_three().await;
    let same = plane.update("beta", &definition("beta", "runtime: {scaling: {maxInstances: 2}}")).await;
    assert_eq!(same.status, StatusCode::OK, "{}", same.text);
    assert_eq!(images(&plane), [false; 3], "nothing is applied for that alone, and own changes with what one has");

    let swept = plane.sweep().await;
    assert_eq!(swept["due"], serde_json::json!([{"tenant": "acme", "reason": "rollout"}]));
    assert_eq!(plane.get("/fleet").await.body["outdated"], 3);
    let moved = |tenant: &Value| tenant["status"]["release"]["applied"] == true && tenant.to_string().contains(NEW);
    plane.until("acme", "moved", moved).await;
    assert_eq!(images(&plane), [true, false, false]);

    let client = Client::of(&plane);
    let table = client.ends(0, &["rollout", "status"]).await.stdout;
    assert!(table.contains("canaries"), "{table}");
    assert!(client.ends(0, &["fleet"]).await.stdout.contains("outdated"));
    let done = until(&plane, "Done").await;
    assert_eq!((images(&plane), &done["total"]["healthy"]), (vec![true; 3], &3.into()));
    assert_eq!(plane.get("/fleet").await.body["outdated"], 0);
    let refused = plane.send(reqwest::Method::POST, "/fleet/rollout/pause", None, &[]).await;
    assert_eq!((refused.status, &refused.body["reason"]), (StatusCode::CONFLICT, &"ROLLOUT_REFUSED".into()));
}

#[tokio::test]
async fn a_release_that_breaks_the_canary_halts_touches_nobody_else_and_is_undone() {
    let plane = of_three().await;
    let faults = plane.folder().join("cloud/faults.json");
    let breaks =
        r#"[{"type": "google_cloud_run_v2_service", "op": "update", "notReady": "the container does not start"}]"#;
    std::fs::write(&faults, breaks).unwrap();
    let halted = until(&plane, "Halted").await;
    assert!(halted["reason"].as_str().is_some_and(|why| why.starts_with("1 of 1")), "{halted}");
    std::fs::remove_file(&faults).unwrap();
    plane.sweep().await;
    assert_eq!(images(&plane), [true, false, false]);

    let undone = Client::of(&plane).json(0, &["rollout", "undo"]).await;
    assert_eq!((&undone["state"], &undone["undoable"]), (&"Undoing".into(), &1.into()));
    until(&plane, "Undone").await;
    plane.until_phase("acme", "Ready").await;
    assert_eq!(images(&plane), [false; 3]);
    plane.sweep().await;
    assert_eq!(
        plane.get("/fleet").await.body["outdated"],
        3,
        "the settings still say otherwise, and nobody is touched"
    );
    assert_eq!(images(&plane), [false; 3]);
}
