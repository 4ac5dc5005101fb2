//! The fleet in numbers, over the API and as people look at it.

use std::process::Stdio;

use end_to_end::{Client, ControlPlane, binary, definition, eventually};
use reqwest::StatusCode;
use tokio::io::AsyncWriteExt as _;

/// A fleet of two that work and one that is held.
async fn of_three() -> ControlPlane {
    let plane = ControlPlane::start().await;
    for tenant in ["acme", "beta", "gamma"] {
        let created = plane.create(&definition(tenant, "")).await;
        assert_eq!(created.status, StatusCode::CREATED, "{}", created.text);
    }
    let held = plane.update("gamma", &definition("gamma", "database: {tier: premium}")).await;
    assert_eq!(held.status, StatusCode::CONFLICT, "{}", held.text);
    plane.until_phase("gamma", "Held").await;
    plane
}

#[tokio::test]
async fn it_says_how_many_are_what_and_what_is_held() {
    let plane = of_three().await;
    let fleet = plane.get("/fleet").await;
    assert_eq!(fleet.status, StatusCode::OK, "{}", fleet.text);
    assert_eq!(fleet.body["phases"], serde_json::json!({"Held": 1, "Ready": 2}));
    assert_eq!(fleet.body["held"], serde_json::json!([{"tenant": "gamma", "reason": "WouldDestroyData"}]));
    let image = "europe-west1-docker.pkg.dev/aipress-sandbox/aipress/wordpress-runtime:6.8";
    assert_eq!(fleet.body["images"]["counts"], serde_json::json!({image: 3}));
    assert_eq!(fleet.body["projects"]["counts"], serde_json::json!({"aipress-sandbox": 3}));
    let modules = fleet.body["modules"]["counts"].as_object().unwrap();
    assert_eq!(modules.values().collect::<Vec<_>>(), [3], "one module for all: {modules:?}");
    assert_eq!(fleet.body["slowest"].as_array().map(Vec::len), Some(3));

    let client = Client::of(&plane);
    let table = client.ends(0, &["fleet"]).await.stdout;
    for part in ["Held", "33.3 %", image, "gamma", "WouldDestroyData"] {
        assert!(table.contains(part), "no {part}: {table}");
    }
    assert_eq!(client.json(0, &["fleet"]).await["tenants"], 3);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "end-to-end tests run real programs")]
async fn it_is_followed_on_a_terminal_until_somebody_leaves() {
    let plane = of_three().await;
    let folder = tempfile::TempDir::new().unwrap();
    let seen = folder.path().join("seen");
    // `script` gives it a terminal, and keeps what is drawn there.
    let top = format!("{} top --every 1", binary("tenantctl").display());
    let mut terminal = tokio::process::Command::new("script")
        .args(["--quiet", "--flush", "--return", "--command", &top, seen.to_str().unwrap()])
        .env("TENANTS_URL", plane.api.url())
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let drawn = || std::fs::read(&seen).map(|seen| String::from_utf8_lossy(&seen).into_owned()).unwrap_or_default();
    let shows = async |what: &'static str| {
        eventually(&format!("{what} is drawn"), || async { drawn().contains(what).then_some(()) }).await;
    };
    shows("WouldDestroy").await;
    plane.delete("beta").await;
    shows("2 tenants").await;
    let mut keys = terminal.stdin.take().unwrap();
    keys.write_all(b"q").await.unwrap();
    keys.flush().await.unwrap();
    let left = tokio::time::timeout(std::time::Duration::from_secs(10), terminal.wait()).await;
    assert!(left.expect("it is left within 10 s").unwrap().success(), "{}", drawn());
    assert!(drawn().contains("\u{1b}[?1049l"), "what was on the terminal before is there again: {}", drawn());
}
