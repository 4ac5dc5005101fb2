//! One tenant through the API: made, made again, changed, changed from a stale view, left as it is, deleted.

use end_to_end::{ControlPlane, definition};
use reqwest::{Method, StatusCode};

#[tokio::test]
async fn a_tenant_from_post_to_delete() {
    let plane = ControlPlane::start().await;
    let acme = definition("acme", "runtime: {scaling: {maxInstances: 2}}");

    let made = plane.create(&acme).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert_eq!(made.location.as_deref(), Some("/tenants/acme"));
    assert_eq!(made.body["status"]["phase"], "Ready");
    assert!(made.body["status"]["outputs"]["url"].as_str().unwrap().starts_with("https://"));
    assert_eq!(plane.create(&acme).await.status, StatusCode::CONFLICT);

    assert_eq!(plane.update("globex", &acme).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let nobody = plane.update("globex", &definition("globex", "")).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    let stale = [("if-match", "\"1\"")];
    let stale = plane.send(Method::PUT, "/tenants/acme", Some(&acme), &stale).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{}", stale.text);

    let operations = plane.operations("acme").await.len();
    let same = plane.update("acme", &acme).await;
    assert_eq!((same.status, same.etag.clone()), (StatusCode::OK, made.etag.clone()));
    assert_eq!(plane.operations("acme").await.len(), operations, "unchanged means no Terraform");

    let seen = made.etag.unwrap();
    let changed = definition("acme", "runtime: {scaling: {maxInstances: 5}}");
    let changed = plane.send(Method::PUT, "/tenants/acme", Some(&changed), &[("if-match", &seen)]).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    let service = plane.cloud().read("google_cloud_run_v2_service", "acme");
    assert!(service.to_string().contains("\"max_instance_count\":5"), "{service}");

    assert!(plane.cloud().resources_of("acme").len() >= 6);
    let gone = plane.delete("acme").await;
    assert_eq!(gone.status, StatusCode::OK, "{}", gone.text);
    assert_eq!(plane.get("/tenants/acme").await.status, StatusCode::NOT_FOUND);
    assert_eq!(plane.cloud().resources_of("acme"), Vec::<std::path::PathBuf>::new());
    let left = plane.storage.list("aipress-sandbox-state", "terraform/tenants/").await;
    assert_eq!(left, Vec::<String>::new(), "the workspace is gone");
    assert_eq!(plane.delete("acme").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_changes_nothing() {
    let plane = ControlPlane::start().await;
    let acme = definition("acme", "");
    let preview = plane.send(Method::POST, "/tenants?dryRun=true", Some(&acme), &[]).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
    assert!(preview.text.contains("google_cloud_run_v2_service.site"), "{}", preview.text);
    assert_eq!(plane.get("/tenants/acme").await.status, StatusCode::NOT_FOUND);
    assert!(plane.cloud().resources_of("acme").is_empty());
    plane.create(&acme).await;
    let preview = plane.send(Method::DELETE, "/tenants/acme?dryRun=true", None, &[]).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
    assert_eq!(plane.get("/tenants/acme").await.body["status"]["phase"], "Ready");
}

#[tokio::test]
async fn who_does_not_wait_follows_the_operation() {
    let plane = ControlPlane::start().await;
    let asked = [("prefer", "respond-async")];
    let answer = plane.send(Method::POST, "/tenants", Some(&definition("acme", "")), &asked).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let operation = answer.location.unwrap();
    let done = plane.until_ended(&operation).await;
    assert_eq!(done["outcome"], "Succeeded", "{done}");
    assert_eq!(plane.get("/tenants/acme").await.body["status"]["phase"], "Ready");
    let log = plane.get(&format!("{operation}/log")).await;
    assert!(log.text.contains("google_sql_database.site"), "{}", log.text);
}
