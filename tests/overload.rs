//! A flood on one tenant that is slow: it is cut off with a word when to come back, and everybody else goes on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use end_to_end::{ControlPlane, Options, definition};
use reqwest::StatusCode;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_on_a_slow_tenant_is_cut_off_and_the_others_go_on() {
    let local = include_str!("../deploy/local/platform.yaml");
    let platform = local.replace("  runs: 4", "  runs: 2\n  requestsPerTenant: 10\n  waitSeconds: 2");
    assert_ne!(local, platform);
    let plane = Arc::new(ControlPlane::start_with(Options { platform: Some(platform), ..Options::default() }).await);
    let made = plane.create(&definition("slow", "")).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let faults =
        r#"[{"type": "google_cloud_run_v2_service", "op": "update", "name": "slow", "delayMs": 20000, "times": 1}]"#;
    std::fs::write(plane.folder().join("cloud/faults.json"), faults).unwrap();

    let began = Instant::now();
    let mut flood = JoinSet::new();
    for most in 1..=60 {
        let plane = Arc::clone(&plane);
        let change = definition("slow", &format!("runtime: {{scaling: {{maxInstances: {most}}}}}"));
        flood.spawn(async move { plane.update("slow", &change).await });
    }
    let mut answers: BTreeMap<u16, usize> = BTreeMap::new();
    while let Some(answer) = flood.join_next().await {
        let answer = answer.unwrap();
        *answers.entry(answer.status.as_u16()).or_default() += 1;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!(answer.body["reason"], "TENANT_CROWDED", "{}", answer.text);
            assert!(answer.body["retryAfterSeconds"].as_u64() >= Some(1), "{}", answer.text);
        }
        // The first one's run is long; the flood does not make others of the same tenant wait for it.
        if answers.values().sum::<usize>() == 59 {
            for id in ["acme", "globex", "initech"] {
                let made = plane.create(&definition(id, "")).await;
                assert!([201, 202].contains(&made.status.as_u16()), "{}", made.text);
            }
            assert!(began.elapsed() < Duration::from_mins(1), "others waited: {:?}", began.elapsed());
        }
    }
    assert!(answers.keys().all(|status| [200, 202, 429].contains(status)), "{answers:?}");
    assert!(answers[&429] > 0, "{answers:?}");
    for id in ["acme", "globex", "initech"] {
        plane.until_phase(id, "Ready").await;
    }
    // What was taken last is what it is in the end.
    let tenant = plane
        .until("slow", "is as defined", |tenant| {
            tenant["status"]["phase"] == "Ready"
                && tenant["status"]["observedGeneration"] == tenant["metadata"]["generation"]
        })
        .await;
    let service = plane.cloud().read("google_cloud_run_v2_service", "slow");
    let wanted = &tenant["spec"]["runtime"]["scaling"]["maxInstances"];
    assert_eq!(&service["template"][0]["scaling"][0]["max_instance_count"], wanted);
}
