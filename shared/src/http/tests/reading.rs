//! Reading, and what arrives from senders of events and tasks.

use http::{Method, StatusCode};
use insta::assert_snapshot;

use super::world::{ACME, World, request};
use crate::records::{RecordName, RetentionRound};
use crate::store::{NewObject, ObjectReader as _, ObjectStore as _, Precondition};

async fn fleet(world: &World, names: &[&str]) {
    for name in names {
        let created = world.send(Method::POST, "/tenants", &ACME.replace("name: acme", &format!("name: {name}"))).await;
        assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    }
}

fn names(list: &serde_json::Value) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_list_goes_on_where_it_stopped() {
    let world = World::new();
    fleet(&world, &["aaa", "bbb", "ccc", "ddd", "eee"]).await;
    assert_snapshot!("list", world.get("/tenants?limit=1").await.snapshot());
    for filter in ["", "&phase=Ready", "&drifted=false"] {
        let (mut seen, mut path) = (Vec::new(), format!("/tenants?limit=2{filter}"));
        loop {
            let list = world.get(&path).await.json();
            let found = names(&list);
            assert!(found.len() <= 2);
            seen.extend(found);
            let Some(token) = list["nextPageToken"].as_str() else { break };
            path = format!("/tenants?limit=2{filter}&pageToken={token}");
        }
        assert_eq!(seen, ["aaa", "bbb", "ccc", "ddd", "eee"], "{filter}");
    }
    assert_eq!(names(&world.get("/tenants?phase=Failed").await.json()), [""; 0]);
    assert_eq!(names(&world.get("/tenants?drifted=true").await.json()), [""; 0]);
}

#[tokio::test]
async fn the_fleet_is_counted_from_its_listing() {
    let world = World::new();
    fleet(&world, &["aaa", "bbb", "ccc"]).await;
    assert_snapshot!("fleet", world.get("/fleet").await.snapshot());
    assert_eq!(world.get("/fleet?phase=Ready").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_status_without_its_summary_is_read() {
    let world = World::new();
    fleet(&world, &["aaa"]).await;
    let name = RecordName::status(&"aaa".parse().unwrap());
    let status = world.records.read(&name).await.unwrap().unwrap();
    let bare = NewObject { body: status.value, ..NewObject::default() };
    world.records.write(&name, bare, Precondition::Matches(status.generation)).await.unwrap();
    assert_eq!(names(&world.get("/tenants?phase=Ready").await.json()), ["aaa"]);
}

#[tokio::test]
async fn operations_are_newest_first_and_paged() {
    let world = World::new();
    fleet(&world, &["acme"]).await;
    for instances in 3..6 {
        let changed = ACME.replace("maxInstances: 2", &format!("maxInstances: {instances}"));
        world.send(Method::PUT, "/tenants/acme", &changed).await;
    }
    let first = world.get("/tenants/acme/operations?limit=3").await.json();
    let token = first["nextPageToken"].as_str().unwrap();
    let second = world.get(&format!("/tenants/acme/operations?limit=3&pageToken={token}")).await.json();
    let ids = |page: &serde_json::Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let all = [ids(&first), ids(&second)].concat();
    assert!(all.is_sorted_by(|a, b| a > b), "{all:?}");
    assert_eq!((all.len(), second["nextPageToken"].as_str()), (4, None));

    let operation = world.get(&format!("/tenants/acme/operations/{}", all[3])).await;
    assert_snapshot!("operation", operation.snapshot());
    let log = world.get(operation.json()["links"]["log"].as_str().unwrap()).await;
    assert_eq!(log.header("content-type"), Some("text/plain; charset=utf-8"));
    let id = all[3].parse().unwrap();
    let kept = world.records.read(&RecordName::operation_log(&"acme".parse().unwrap(), id)).await.unwrap().unwrap();
    assert_eq!(log.body.as_bytes(), kept.value);
}

#[tokio::test]
async fn a_log_that_was_kept_long_enough_says_how_long() {
    let world = World::new();
    fleet(&world, &["acme"]).await;
    let (acme, operations) = ("acme".parse().unwrap(), world.get("/tenants/acme/operations").await.json());
    let operation = operations["items"][0]["id"].as_str().unwrap();
    let name = RecordName::operation_log(&acme, operation.parse().unwrap());
    let log = world.records.stat(&name).await.unwrap().unwrap();
    world.records.delete(&name, log.generation).await.unwrap();
    let path = format!("/tenants/acme/operations/{operation}/log");
    assert_eq!(world.get(&path).await.reason(), "LOG_NOT_FOUND", "nobody knows of any retention");
    let swept = log.updated + jiff::SignedDuration::from_hours(24 * 90);
    let round = RetentionRound { began: swept, swept, visited_to: None, log_days: 90 };
    round.write(world.records.as_ref(), Precondition::Absent).await.unwrap();
    assert_snapshot!("log_not_kept", world.get(&path).await.snapshot());
}

#[tokio::test]
async fn a_generation_is_answered_once() {
    let world = World::new();
    fleet(&world, &["acme"]).await;
    let generation = world.get("/tenants/acme").await.json()["metadata"]["generation"].to_string();
    let path = format!("/tenants/acme/definitions/{generation}");
    let first = world.get(&path).await;
    assert_eq!((first.status, first.body.as_str()), (StatusCode::OK, ACME));
    let again = world.ask(request(Method::GET, &path, &[("if-none-match", first.header("etag").unwrap())], "")).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_definition_that_cannot_be_read_is_shown_without_its_spec() {
    let world = World::new();
    world.upload("tenants/acme.yaml", "kind: [").await;
    assert_eq!(event(&world, "acme.yaml").await, StatusCode::NO_CONTENT);
    let tenant = world.get("/tenants/acme").await.json();
    assert_eq!((&tenant["spec"], &tenant["status"]["phase"]), (&serde_json::Value::Null, &"Invalid".into()));
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let world = World::new();
    fleet(&world, &["acme"]).await;
    let get = world.get("/tenants/acme").await;
    let head = world.ask(request(Method::HEAD, "/tenants/acme", &[], "")).await;
    assert_eq!((head.status, head.body.as_str(), head.header("etag")), (StatusCode::OK, "", get.header("etag")));
    let nothing = world.ask(request(Method::HEAD, "/tenants/other", &[], "")).await;
    assert_eq!((nothing.status, nothing.body.as_str()), (StatusCode::NOT_FOUND, ""));
}

async fn event(world: &World, file: &str) -> StatusCode {
    let subject = format!("objects/tenants/{file}");
    let headers = [
        ("ce-specversion", "1.0"),
        ("ce-id", "1"),
        ("ce-type", "google.cloud.storage.object.v1.finalized"),
        ("ce-source", "//storage.googleapis.com/projects/_/buckets/definitions"),
        ("ce-subject", subject.as_str()),
    ];
    world.ask(request(Method::POST, "/events", &headers, "{}")).await.status
}

#[tokio::test]
async fn an_event_hands_its_tenant_on_until_it_is_as_defined() {
    let world = World::new();
    world.upload("tenants/acme.yaml", ACME).await;
    assert_eq!(event(&world, "acme.yaml").await, StatusCode::ACCEPTED);
    assert_eq!(event(&world, "acme.yaml").await, StatusCode::ACCEPTED);
    assert_eq!(world.queue.len(), 1);
    let task = world.send(Method::POST, "/tasks", r#"{"message": {"data": "eyJ0ZW5hbnQiOiJhY21lIn0="}}"#).await;
    assert_eq!(task.status, StatusCode::NO_CONTENT);
    assert_eq!(event(&world, "acme.yaml").await, StatusCode::NO_CONTENT);
    assert_eq!(world.get("/tenants/acme").await.json()["status"]["phase"], "Ready");
}

#[tokio::test]
async fn what_no_delivery_can_mend_is_acknowledged() {
    let world = World::new();
    for (path, body) in
        [("/events", "{}"), ("/events", ""), ("/tasks", "{}"), ("/tasks", "x"), ("/tasks", r#"{"tenant": "nobody"}"#)]
    {
        assert_eq!(world.send(Method::POST, path, body).await.status, StatusCode::NO_CONTENT, "{path} {body}");
    }
    let large = "x".repeat(crate::http::negotiate::MAX_BODY + 1);
    assert_eq!(world.send(Method::POST, "/events", &large).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_worth_another_try() {
    let world = World::with_silent_definitions();
    let read = world.get("/tenants/acme").await;
    assert_eq!((read.status, read.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, Some("10")));
    assert_eq!(event(&world, "acme.yaml").await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(event(&world, "README.md").await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_sweep_reports_what_is_behind() {
    let world = World::new();
    world.upload("tenants/acme.yaml", ACME).await;
    assert_snapshot!("sweep", world.ask(request(Method::POST, "/sweep", &[], "")).await.snapshot());
    assert_eq!(world.queue.len(), 1);
}

#[tokio::test]
async fn every_function_says_that_it_serves_and_what_it_is() {
    let world = World::new();
    assert_eq!(world.get("/healthz").await.json(), serde_json::json!({"status": "ok"}));
    assert_eq!(world.get("/openapi.json").await.json()["openapi"], "3.1.0");
}
