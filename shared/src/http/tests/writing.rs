//! Creating, changing and deleting.

use http::{Method, StatusCode};
use insta::assert_snapshot;

use super::world::{ACME, World, request};

const YAML: (&str, &str) = ("content-type", "application/yaml");

#[tokio::test]
async fn a_tenant_is_created_once() {
    let world = World::new();
    let created = world.send(Method::POST, "/tenants", ACME).await;
    assert_eq!(created.header("location"), Some("/tenants/acme"));
    assert_eq!(created.header("etag"), Some(format!("\"{}\"", created.json()["metadata"]["generation"]).as_str()));
    assert_snapshot!("created", created.snapshot());

    let again = world.send(Method::POST, "/tenants", ACME).await;
    assert_snapshot!("created_again", again.snapshot());
}

#[tokio::test]
async fn json_goes_in_and_yaml_comes_out() {
    let world = World::new();
    let json = serde_json::to_string(&serde_yaml::from_str::<serde_json::Value>(ACME).unwrap()).unwrap();
    let headers = [("content-type", "application/json; charset=utf-8"), ("accept", "application/yaml")];
    let created = world.ask(request(Method::POST, "/tenants", &headers, json)).await;
    assert_eq!((created.status, created.header("content-type")), (StatusCode::CREATED, Some("application/yaml")));
    let body: serde_yaml::Value = serde_yaml::from_str(&created.body).unwrap();
    assert_eq!(body["metadata"]["displayName"], "Acme Corp");
}

#[tokio::test]
async fn an_update_is_guarded_by_its_entity_tag() {
    let world = World::new();
    let created = world.send(Method::POST, "/tenants", ACME).await;
    let tag = created.header("etag").unwrap().to_owned();
    let changed = ACME.replace("maxInstances: 2", "maxInstances: 5");

    let put = |tag: String, body: String| request(Method::PUT, "/tenants/acme", &[YAML, ("if-match", &tag)], body);
    let updated = world.ask(put(format!("\"1\", {tag}"), changed.clone())).await;
    assert_eq!(updated.status, StatusCode::OK, "{}", updated.body);
    assert_ne!(updated.header("etag"), Some(tag.as_str()));

    for stale in [tag.as_str(), "W/\"7\"", "\"seven\""] {
        let refused = world.ask(put(stale.to_owned(), ACME.to_owned())).await;
        assert_eq!(
            (refused.status, refused.reason()),
            (StatusCode::PRECONDITION_FAILED, "PRECONDITION_FAILED".to_owned())
        );
    }
    let any = world.ask(put("*".to_owned(), changed)).await;
    assert_eq!(any.status, StatusCode::OK);
}

#[tokio::test]
async fn what_changes_nothing_starts_no_run() {
    let world = World::new();
    world.send(Method::POST, "/tenants", ACME).await;
    let runs = world.cloud.runs();
    let same = world.send(Method::PUT, "/tenants/acme", ACME).await;
    assert_eq!((same.status, world.cloud.runs()), (StatusCode::OK, runs));
}

#[tokio::test]
async fn updates_that_cannot_be() {
    let world = World::new();
    assert_snapshot!("update_of_nothing", world.send(Method::PUT, "/tenants/acme", ACME).await.snapshot());
    world.send(Method::POST, "/tenants", ACME).await;
    let other = ACME.replace("name: acme", "name: other");
    assert_snapshot!("update_with_another_name", world.send(Method::PUT, "/tenants/acme", &other).await.snapshot());
}

#[tokio::test]
async fn a_tenant_is_deleted_and_its_past_can_be_read() {
    let world = World::new();
    world.send(Method::POST, "/tenants", ACME).await;
    let deleted = world.send(Method::DELETE, "/tenants/acme", "").await;
    assert_snapshot!("deleted", deleted.snapshot());
    assert_snapshot!("get_of_nothing", world.get("/tenants/acme").await.snapshot());
    assert_eq!(world.send(Method::DELETE, "/tenants/acme", "").await.status, StatusCode::NOT_FOUND);

    let operations = world.get("/tenants/acme/operations").await;
    let kinds: Vec<_> = operations.json()["items"].as_array().unwrap().iter().map(|op| op["kind"].clone()).collect();
    assert_eq!(kinds, ["Delete", "Create"]);
    let definitions = world.get("/tenants/acme/definitions").await.json();
    let link = definitions["items"][0]["links"]["self"].as_str().unwrap().to_owned();
    assert_eq!(world.get(&link).await.body, ACME);
}

#[tokio::test]
async fn a_protected_tenant_stays() {
    let world = World::new();
    world.send(Method::POST, "/tenants", &format!("{ACME}  deletionProtection: true\n")).await;
    assert_snapshot!("delete_of_a_protected_tenant", world.send(Method::DELETE, "/tenants/acme", "").await.snapshot());
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let world = World::new();
    let preview = world.send(Method::POST, "/tenants?dryRun=true", ACME).await;
    assert_snapshot!("dry_run", preview.snapshot());
    assert_eq!(world.get("/tenants/acme").await.status, StatusCode::NOT_FOUND);

    world.send(Method::POST, "/tenants", ACME).await;
    let before = world.get("/tenants/acme").await.body;
    let changed = ACME.replace("maxInstances: 2", "maxInstances: 5");
    assert_eq!(world.send(Method::PUT, "/tenants/acme?dryRun=true", &changed).await.status, StatusCode::OK);
    assert_eq!(world.send(Method::DELETE, "/tenants/acme?dryRun=true", "").await.status, StatusCode::OK);
    assert_eq!(world.get("/tenants/acme").await.body, before);
    // A slip of the pen must not make it a real one.
    let slip = world.send(Method::DELETE, "/tenants/acme?dryrun=true", "").await;
    assert_snapshot!("unknown_parameter", slip.snapshot());
    assert_eq!(world.get("/tenants/acme").await.body, before);
}

#[tokio::test]
async fn who_prefers_it_gets_an_operation_to_follow() {
    let world = World::new();
    let prefer = [YAML, ("prefer", "respond-async, wait=10")];
    let accepted = world.ask(request(Method::POST, "/tenants", &prefer, ACME)).await;
    assert_eq!(accepted.header("preference-applied"), Some("respond-async"));
    assert_snapshot!("accepted", accepted.snapshot());
    let operation = world.get(accepted.header("location").unwrap()).await;
    assert_eq!(operation.json()["outcome"], "Queued");
    assert_eq!(world.queue.len(), 1);

    let task = world.send(Method::POST, "/tasks", r#"{"tenant": "acme"}"#).await;
    assert_eq!(task.status, StatusCode::NO_CONTENT);
    let operation = world.get(accepted.header("location").unwrap()).await;
    assert_eq!(operation.json()["outcome"], "Succeeded");
}

#[tokio::test]
async fn a_failed_apply_says_what_failed_and_where_to_look() {
    let world = World::new();
    world.cloud.fail_next(crate::provision::memory::Fault::Refused);
    let failed = world.send(Method::POST, "/tenants", ACME).await;
    assert_snapshot!("apply_failed", failed.snapshot());
    let operation = world.get(failed.json()["operationUrl"].as_str().unwrap()).await;
    assert_eq!(operation.json()["outcome"], "Failed");
}
