//! A change that would replace the database is held whole, and says so.

use end_to_end::{ControlPlane, definition};
use reqwest::StatusCode;

#[tokio::test]
async fn a_change_that_would_replace_the_database_is_held_and_nothing_of_it_applied() {
    let plane = ControlPlane::start().await;
    plane.create(&definition("acme", "")).await;
    let before = snapshot(&plane);
    let change = definition("acme", "database: {tier: premium}\n  runtime: {scaling: {maxInstances: 9}}");
    let held = plane.update("acme", &change).await;
    assert_eq!(held.status, StatusCode::CONFLICT, "{}", held.text);
    assert_eq!(held.body["reason"], "HELD", "{}", held.text);
    assert!(held.text.contains("google_sql_database.site"), "{}", held.text);
    assert_eq!(snapshot(&plane), before, "nothing of the change was applied");

    let tenant = plane.until_phase("acme", "Held").await;
    assert!(tenant["status"]["hold"]["digest"].as_str().unwrap().starts_with("sha256:"));
    assert!(tenant["status"]["conditions"].to_string().contains("WouldDestroyData"), "{tenant}");

    let back = plane.update("acme", &definition("acme", "")).await;
    assert_eq!(back.status, StatusCode::OK, "{}", back.text);
    assert_eq!(back.body["status"]["phase"], "Ready");
    assert_eq!(snapshot(&plane), before);
}

fn snapshot(plane: &ControlPlane) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let files = plane.cloud().resources_of("acme");
    files.into_iter().map(|file| (file.clone(), std::fs::read(file).unwrap())).collect()
}
