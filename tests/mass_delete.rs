//! All definitions gone, or looked for in another bucket: everything is held, nothing is destroyed, and putting them back is
//! all there is to do.

use end_to_end::{ControlPlane, Function, Installation, Options, definition};
use reqwest::{Method, StatusCode};

/// The local settings, with hardly any grace.
fn platform() -> String {
    let local = include_str!("../deploy/local/platform.yaml");
    let soon = local.replace("graceSeconds: 60", "graceSeconds: 1");
    assert_ne!(local, soon);
    soon
}

#[tokio::test]
async fn a_wiped_bucket_is_held_and_comes_back() {
    let plane = ControlPlane::start_with(Options { platform: Some(platform()), ..Options::default() }).await;
    let ids = ["acme", "globex", "initech"];
    for id in ids {
        plane.upload(id, &definition(id, "")).await;
    }
    for id in ids {
        plane.until_phase(id, "Ready").await;
    }
    let made = plane.cloud().resources();
    for id in ids {
        plane.remove_upload(id).await;
    }
    for id in ids {
        plane.until_phase(id, "Tombstoned").await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(plane.sweep().await["deletionsHeld"], true);
    for id in ids {
        let held = plane.until_phase(id, "Held").await["status"]["conditions"].to_string();
        for part in ["TooManyDeletions", "Put the definition back", "approve sha256:"] {
            assert!(held.contains(part), "{held}");
        }
    }
    plane.sweep().await;
    assert_eq!(plane.cloud().resources(), made, "nothing went");
    for id in ids {
        plane.upload(id, &definition(id, "")).await;
    }
    for id in ids {
        plane.until_phase(id, "Ready").await;
        let kinds: Vec<_> = plane.operations(id).await.into_iter().map(|one| one["kind"].clone()).collect();
        assert!(kinds.iter().all(|kind| kind != "Delete"), "{id}: {kinds:?}");
    }
    assert_eq!(plane.cloud().resources(), made);
}

#[tokio::test]
async fn a_function_that_looks_into_another_bucket_destroys_nothing() {
    let cloud = Installation::new().await;
    let file = cloud.folder().join("platform.yaml");
    std::fs::write(&file, platform()).unwrap();
    let settings = [("AIPRESS_PLATFORM", file.to_str().unwrap())];
    let astray = [settings[0], ("AIPRESS_DEFINITIONS_BUCKET", "e2e-state")];
    let (create, sweep, lost) = tokio::join!(
        cloud.start_with("create-tenant", &settings),
        cloud.start_with("check-drift", &settings),
        cloud.start_with("reconcile-tenant", &astray),
    );
    let made = create.api.send(Method::POST, "/tenants", Some(&definition("acme", "")), &[]).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let made = cloud.cloud().resources();
    let task = |to: &Function| {
        let (api, json) = (to.api.clone(), [("content-type", "application/json")]);
        async move { api.send_bytes(Method::POST, "/tasks", Some(br#"{"tenant": "acme"}"#.to_vec()), &json).await.status }
    };
    let status = async || {
        let status = cloud.storage.read("e2e-records", "status/acme.json").await.unwrap();
        serde_json::from_str::<serde_json::Value>(&status).unwrap()
    };
    // With the sweep's word that every definition is there, and with none at all.
    for swept in [false, true] {
        if swept {
            let counted = sweep.api.send(Method::POST, "/sweep", None, &[]).await;
            assert_eq!((&counted.body["tenants"], &counted.body["vanished"]), (&1.into(), &0.into()));
        }
        assert_eq!(task(&lost).await, StatusCode::NO_CONTENT);
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        assert_eq!(task(&lost).await, StatusCode::NO_CONTENT);
        assert_eq!(status().await["phase"], "Held", "{}", status().await);
        assert_eq!(cloud.cloud().resources(), made, "nothing went");
    }
    let reconcile = cloud.start_with("reconcile-tenant", &settings).await;
    assert_eq!(task(&reconcile).await, StatusCode::NO_CONTENT);
    assert_eq!(status().await["phase"], "Ready");
}
