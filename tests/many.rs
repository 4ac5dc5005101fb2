//! Many at once: twenty tenants, and fifty changes of one.

use std::collections::BTreeSet;

use end_to_end::{ControlPlane, definition};
use reqwest::StatusCode;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_tenants_at_once_are_all_ready() {
    let plane = std::sync::Arc::new(ControlPlane::start().await);
    let mut creates = JoinSet::new();
    for number in 0..20 {
        let plane = std::sync::Arc::clone(&plane);
        creates.spawn(async move { plane.create(&definition(&format!("tenant-{number}"), "")).await });
    }
    while let Some(answer) = creates.join_next().await {
        let answer = answer.unwrap();
        assert!(matches!(answer.status, StatusCode::CREATED | StatusCode::ACCEPTED), "{}", answer.text);
    }
    for number in 0..20 {
        plane.until_phase(&format!("tenant-{number}"), "Ready").await;
    }
    let listed = plane.get("/tenants?limit=1000").await.body["items"].as_array().unwrap().len();
    assert_eq!(listed, 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_changes_at_once_the_last_definition_wins() {
    let plane = std::sync::Arc::new(ControlPlane::start().await);
    assert_eq!(plane.create(&definition("acme", "")).await.status, StatusCode::CREATED);
    let mut updates = JoinSet::new();
    for most in 1..=50 {
        let plane = std::sync::Arc::clone(&plane);
        let change = definition("acme", &format!("runtime: {{scaling: {{maxInstances: {most}}}}}"));
        updates.spawn(async move { plane.update("acme", &change).await });
    }
    let mut statuses = BTreeSet::new();
    while let Some(answer) = updates.join_next().await {
        statuses.insert(answer.unwrap().status);
    }
    assert!(statuses.iter().all(|status| *status == StatusCode::OK || *status == StatusCode::ACCEPTED), "{statuses:?}");

    let tenant = plane
        .until("acme", "is as defined", |tenant| {
            tenant["status"]["phase"] == "Ready"
                && tenant["status"]["observedGeneration"] == tenant["metadata"]["generation"]
        })
        .await;
    let wanted = tenant["spec"]["runtime"]["scaling"]["maxInstances"].clone();
    let service = plane.cloud().read("google_cloud_run_v2_service", "acme").to_string();
    assert!(service.contains(&format!("\"max_instance_count\":{wanted}")), "{wanted} in {service}");
    assert_no_overlap(&plane.operations("acme").await);
}

/// Operations of one tenant follow each other: each is requested and ended before the next one holds the lock.
fn assert_no_overlap(operations: &[serde_json::Value]) {
    let mut spans: Vec<(String, String)> = operations
        .iter()
        .filter(|operation| !operation["epoch"].is_null())
        .map(|operation| {
            let first_step = operation["steps"][0]["at"].as_str().unwrap_or_default().to_owned();
            (first_step, operation["finished"].as_str().unwrap_or_default().to_owned())
        })
        .collect();
    spans.sort();
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    for pair in spans.windows(2) {
        assert!(at(&pair[0].1) <= at(&pair[1].0), "two runs overlap: {pair:?}");
    }
}
