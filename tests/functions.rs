//! Each function as a process of its own, with its production settings: one tenant made, read, changed, followed through
//! the bucket and deleted across all of them; a stop in the middle of a run.

use end_to_end::{Function, Installation, definition, eventually};
use reqwest::{Method, StatusCode};
use serde_json::Value;

const DEFINITIONS: &str = "e2e-definitions";
const EVENT: &str = "google.cloud.storage.object.v1";

async fn tenant(get: &Function, id: &str) -> Value {
    get.api.get(&format!("/tenants/{id}")).await.body
}

async fn event(to: &Function, kind: &str, object: &str) -> StatusCode {
    let kind = format!("{EVENT}.{kind}");
    let subject = format!("objects/{object}");
    let headers = [
        ("ce-id", "1"),
        ("ce-specversion", "1.0"),
        ("ce-type", kind.as_str()),
        ("ce-source", "//storage.googleapis.com/projects/_/buckets/e2e-definitions"),
        ("ce-subject", subject.as_str()),
    ];
    to.api.send_bytes(Method::POST, "/events", Some(b"{}".to_vec()), &headers).await.status
}

async fn task(to: &Function, body: &str) -> StatusCode {
    let headers = [("content-type", "application/json")];
    to.api.send_bytes(Method::POST, "/tasks", Some(body.as_bytes().to_vec()), &headers).await.status
}

#[tokio::test]
async fn a_tenant_across_processes_from_post_to_delete() {
    let cloud = Installation::new().await;
    let (create, update, delete, get) = tokio::join!(
        cloud.start("create-tenant"),
        cloud.start("update-tenant"),
        cloud.start("delete-tenant"),
        cloud.start("get-tenant"),
    );
    let acme = definition("acme", "runtime: {scaling: {maxInstances: 2}}");
    let made = create.api.send(Method::POST, "/tenants", Some(&acme), &[]).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert_eq!(create.api.send(Method::POST, "/tenants", Some(&acme), &[]).await.status, StatusCode::CONFLICT);

    let read = get.api.get("/tenants/acme").await;
    assert_eq!((read.status, &read.etag), (StatusCode::OK, &made.etag));
    assert_eq!(read.body["status"]["phase"], "Ready");

    let change = definition("acme", "runtime: {scaling: {maxInstances: 5}}");
    let stale = [("if-match", "\"1\"")];
    let stale = update.api.send(Method::PUT, "/tenants/acme", Some(&change), &stale).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{}", stale.text);
    let changed = update.api.send(Method::PUT, "/tenants/acme", Some(&change), &[]).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    let service = cloud.cloud().read("google_cloud_run_v2_service", "acme");
    assert_eq!(service["template"][0]["scaling"][0]["max_instance_count"], 5, "{service}");

    // What one does, the others refuse; and who reads cannot write.
    for (function, method, path) in [
        (&get, Method::POST, "/tenants"),
        (&get, Method::PUT, "/tenants/acme"),
        (&get, Method::DELETE, "/tenants/acme"),
        (&create, Method::GET, "/tenants"),
        (&update, Method::DELETE, "/tenants/acme"),
        (&delete, Method::PUT, "/tenants/acme"),
    ] {
        let answer = function.api.send(method.clone(), path, Some(&acme), &[]).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}: {}", answer.text);
        assert_eq!(answer.body["reason"], "METHOD_NOT_ALLOWED");
    }
    assert_eq!(tenant(&get, "acme").await["spec"]["runtime"]["scaling"]["maxInstances"], 5);

    let gone = delete.api.send(Method::DELETE, "/tenants/acme", None, &[]).await;
    assert_eq!(gone.status, StatusCode::OK, "{}", gone.text);
    assert_eq!(get.api.get("/tenants/acme").await.status, StatusCode::NOT_FOUND);
    assert_eq!(cloud.cloud().resources_of("acme"), Vec::<std::path::PathBuf>::new());
    assert_eq!(cloud.storage.list("e2e-state", "").await, Vec::<String>::new(), "the workspace is gone");
}

#[tokio::test]
async fn an_uploaded_file_is_followed_across_processes() {
    let cloud = Installation::new().await;
    let (reconcile, changed, sweep, get) = tokio::join!(
        cloud.start("reconcile-tenant"),
        cloud.start("definition-changed"),
        cloud.start("check-drift"),
        cloud.start("get-tenant"),
    );
    let object = "tenants/acme.yaml";
    cloud.storage.upload(DEFINITIONS, object, definition("acme", "")).await;
    // Needs Terraform, and these processes know of no queue to hand it on: the sender delivers the event again.
    assert_eq!(event(&changed, "finalized", object).await, StatusCode::SERVICE_UNAVAILABLE);
    let swept = sweep.api.send(Method::POST, "/sweep", None, &[]).await;
    assert_eq!(swept.body["due"][0]["tenant"], "acme", "{}", swept.text);
    assert_eq!(swept.body["notHandedOn"], 1, "{}", swept.text);

    // A task as Pub/Sub pushes it: {"tenant":"acme"}
    let push = r#"{"message": {"data": "eyJ0ZW5hbnQiOiJhY21lIn0=", "messageId": "1"}, "subscription": "s"}"#;
    assert_eq!(task(&reconcile, push).await, StatusCode::NO_CONTENT);
    assert_eq!(tenant(&get, "acme").await["status"]["phase"], "Ready");
    assert!(cloud.cloud().resources_of("acme").len() >= 6);

    // What needs no Terraform is decided and recorded at once.
    assert_eq!(event(&changed, "finalized", object).await, StatusCode::NO_CONTENT);
    cloud.storage.upload(DEFINITIONS, object, definition("acme", "maxInstance: 3")).await;
    assert_eq!(event(&changed, "finalized", object).await, StatusCode::NO_CONTENT);
    assert_eq!(tenant(&get, "acme").await["status"]["phase"], "Invalid");
    cloud.storage.delete(DEFINITIONS, object).await;
    assert_eq!(event(&changed, "deleted", object).await, StatusCode::NO_CONTENT);
    assert_eq!(tenant(&get, "acme").await["status"]["phase"], "Tombstoned");
    assert!(!cloud.cloud().resources_of("acme").is_empty(), "not destroyed");

    cloud.storage.upload(DEFINITIONS, object, definition("acme", "")).await;
    assert_eq!(task(&reconcile, r#"{"tenant": "acme"}"#).await, StatusCode::NO_CONTENT);
    assert_eq!(tenant(&get, "acme").await["status"]["phase"], "Ready");
    assert_eq!(task(&reconcile, "no task").await, StatusCode::NO_CONTENT, "no retry can mend it");
}

#[tokio::test]
async fn a_stop_in_the_middle_of_a_run_loses_nothing() {
    let cloud = Installation::new().await;
    let local = include_str!("../deploy/local/platform.yaml");
    let soon = local.replace("firstSeconds: 15", "firstSeconds: 1");
    assert_ne!(local, soon);
    let platform = cloud.folder().join("platform.yaml");
    std::fs::write(&platform, soon).unwrap();
    let other = [
        ("AIPRESS_GRACE_SECONDS", "0"),
        ("AIPRESS_DRAIN_SECONDS", "9"),
        ("AIPRESS_PLATFORM", platform.to_str().unwrap()),
    ];
    let (create, get) = tokio::join!(cloud.start_with("create-tenant", &other), cloud.start("get-tenant"));
    let faults = r#"[{"type": "google_sql_database", "op": "create", "delayMs": 3000, "times": 1}]"#;
    std::fs::write(cloud.folder().join("cloud/faults.json"), faults).unwrap();
    let acme = definition("acme", "");
    let (api, stopped) = (create.api.clone(), async {
        eventually("Terraform is in the middle of its run", || async {
            cloud.storage.read("e2e-state", "terraform/tenants/acme.tflock").await
        })
        .await;
        eventually("it has made something", || async { cloud.cloud().resources_of("acme").first().cloned() }).await;
        create.terminate().await;
        create.ended().await
    });
    let (answer, ended) = tokio::join!(api.send(Method::POST, "/tenants", Some(&acme), &[]), stopped);
    assert_eq!(ended.code, 0, "{}", ended.log);
    // The caller is not left with a run that is no more: it is told of the operation that goes on from there.
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let followed = answer.location.unwrap();

    let operations = get.api.get("/tenants/acme/operations").await.body["items"].clone();
    let outcomes = [&operations[0]["outcome"], &operations[1]["outcome"]];
    assert_eq!(outcomes, ["Queued", "Interrupted"], "{operations}");
    let lock = cloud.storage.read("e2e-state", "terraform/tenants/acme.tflock").await;
    assert_eq!(lock, None, "the workspace is free");
    let state = cloud.storage.read("e2e-state", "terraform/tenants/acme.tfstate").await.expect("the state was saved");
    let state: Value = serde_json::from_str(&state).unwrap();
    assert!(!state["resources"].as_array().unwrap().is_empty(), "{state}");

    // Another process goes on from there, once the retry is due.
    let reconcile = cloud.start("reconcile-tenant").await;
    eventually("acme is ready", || async {
        assert_eq!(task(&reconcile, r#"{"tenant": "acme"}"#).await, StatusCode::NO_CONTENT);
        (tenant(&get, "acme").await["status"]["phase"] == "Ready").then_some(())
    })
    .await;
    let ended = get.api.get(&followed).await.body;
    assert_eq!(ended["outcome"], "Succeeded", "{ended}");
}
