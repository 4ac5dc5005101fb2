//! A held plan goes through when exactly it is approved; a deleted tenant comes back.

use end_to_end::{ControlPlane, definition};
use reqwest::{Method, StatusCode};
use serde_json::json;

async fn approve(plane: &ControlPlane, digest: &str) -> end_to_end::Answer {
    let body = json!({ "digest": digest }).to_string();
    let json = [("content-type", "application/json")];
    plane.send(Method::POST, "/tenants/acme/approvals", Some(&body), &json).await
}

#[tokio::test]
async fn exactly_the_plan_that_was_shown_goes_through() {
    let plane = ControlPlane::start().await;
    plane.create(&definition("acme", "")).await;
    let change = definition("acme", "database: {tier: premium}");
    let preview = plane.send(Method::PUT, "/tenants/acme?dryRun=true", Some(&change), &[]).await;
    assert_eq!(preview.body["held"], true, "{}", preview.text);
    let held = plane.update("acme", &change).await;
    assert_eq!(held.body["reason"], "HELD", "{}", held.text);
    let digest = held.body["digest"].as_str().unwrap().to_owned();
    assert_eq!(preview.body["digest"], digest, "what was shown before is what waits");

    let other = format!("sha256:{}", "0".repeat(64));
    let refused = approve(&plane, &other).await;
    assert_eq!(
        (refused.status, &refused.body["reason"]),
        (StatusCode::CONFLICT, &json!("NOT_HELD")),
        "{}",
        refused.text
    );
    assert_eq!(refused.body["digest"], digest);
    let malformed = approve(&plane, "nonsense").await;
    assert_eq!(malformed.status, StatusCode::BAD_REQUEST, "{}", malformed.text);

    let done = approve(&plane, &digest).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_eq!(done.body["status"]["phase"], "Ready");
    let database = plane.cloud().read("google_sql_database", "acme");
    assert!(database.to_string().contains("premium-1"), "{database}");
    let again = approve(&plane, &digest).await;
    assert_eq!(again.body["reason"], "NOT_HELD", "an approval is for one run: {}", again.text);
}

#[tokio::test]
async fn a_deleted_tenant_comes_back_and_says_where_its_database_lies() {
    let plane = ControlPlane::start().await;
    let acme = definition("acme", "runtime: {scaling: {maxInstances: 4}}");
    plane.create(&acme).await;
    assert_eq!(plane.delete("acme").await.status, StatusCode::OK);
    let kept = plane.storage.list("aipress-sandbox-records", "graveyard/acme/").await;
    for part in ["/record.json", "/definition", "/state.tfstate", "/database.json"] {
        assert_eq!(kept.iter().filter(|name| name.ends_with(part)).count(), 1, "{part}: {kept:?}");
    }
    let back = plane.send(Method::POST, "/tenants/acme/undelete", None, &[]).await;
    assert_eq!(back.status, StatusCode::OK, "{}", back.text);
    assert_eq!(back.body["status"]["phase"], "Ready");
    assert!(back.body["status"]["restored"]["export"].as_str().unwrap().contains("graveyard/acme/"), "{}", back.text);
    assert!(plane.cloud().read("google_cloud_run_v2_service", "acme").to_string().contains("\"max_instance_count\":4"));
    let again = plane.send(Method::POST, "/tenants/acme/undelete", None, &[]).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text);
    let nobody = plane.send(Method::POST, "/tenants/nobody/undelete", None, &[]).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND, "{}", nobody.text);
}
