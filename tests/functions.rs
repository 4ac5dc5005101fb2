//! Each function as a process of its own, with its production settings: one tenant made, read, changed and deleted across
//! all of them; events and tasks through Pub/Sub, again and again until done or dead; a stop in the middle of a run.

use std::sync::Arc;

use axum::http::HeaderMap;
use end_to_end::{Function, Installation, PubSub, Push, Wired, base64, definition, eventually};
use reqwest::{Method, StatusCode};
use sandbox_gcs::{Fault, Operation, Rule};
use serde_json::{Value, json};
use tenancy::tasks::contract::{self, Bench};
use tenancy::tasks::{PubSubTasks, Task, Tasks};
use tenancy::tenant::TenantId;

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
async fn an_uploaded_file_is_followed_through_pubsub() {
    let Some(wired) = Wired::up(&[], false).await else { return };
    let (storage, object) = (&wired.cloud.storage, "tenants/acme.yaml");
    storage.upload(DEFINITIONS, object, definition("acme", "")).await;
    let made = wired.until_phase("acme", "Ready").await;
    assert_eq!(made["status"]["placement"]["project"], "aipress-sandbox", "{made}");
    assert!(wired.cloud.cloud().resources_of("acme").len() >= 6);
    storage.upload(DEFINITIONS, object, definition("acme", "runtime: {scaling: {maxInstances: 5}}")).await;
    eventually("the change is made", || async {
        let service = wired.cloud.cloud().read("google_cloud_run_v2_service", "acme");
        (service["template"][0]["scaling"][0]["max_instance_count"] == 5).then_some(())
    })
    .await;

    // What needs no Terraform is decided and recorded at once.
    storage.upload(DEFINITIONS, object, definition("acme", "maxInstance: 3")).await;
    wired.until_phase("acme", "Invalid").await;
    storage.delete(DEFINITIONS, object).await;
    wired.until_phase("acme", "Tombstoned").await;
    assert!(!wired.cloud.cloud().resources_of("acme").is_empty(), "not destroyed");
    storage.upload(DEFINITIONS, object, definition("acme", "")).await;
    wired.until_phase("acme", "Ready").await;

    // An event that is lost: the sweep hands the tenant on.
    wired.events.loses_events(true);
    storage.upload(DEFINITIONS, "tenants/globex.yaml", definition("globex", "")).await;
    let swept = wired.sweep.api.send(Method::POST, "/sweep", None, &[]).await;
    assert_eq!((&swept.body["due"][0]["tenant"], &swept.body["notHandedOn"]), (&"globex".into(), &0.into()));
    let made = wired.until_phase("globex", "Ready").await;
    let operation = format!("/tenants/globex/operations/{}", made["status"]["operation"].as_str().unwrap());
    assert_eq!(wired.get.api.get(&operation).await.body["trigger"], "Task");

    // A hand changes something: the feed of changed resources says so, its greeting is nothing to anybody.
    wired.cloud.cloud().edit("google_cloud_run_v2_service", "globex", |service| {
        *service.pointer_mut("/template/0/scaling/0/max_instance_count").unwrap() = 77.into();
    });
    let changed = json!({"asset": {"name": "//run.googleapis.com/wp-globex", "updateTime": "2999-01-01T00:00:00Z",
        "resource": {"data": {"labels": {"aipress-tenant": "globex"}}}}});
    for said in ["You have successfully configured the feed".to_owned(), changed.to_string()] {
        wired.pubsub.publish("assets", &json!({"data": base64(said.as_bytes())})).await;
    }
    let drift = eventually("the drift is found", || async {
        let found = tenant(&wired.get, "globex").await["status"]["drift"]["found"].clone();
        found.as_array().is_some_and(|found| !found.is_empty()).then_some(found)
    })
    .await;
    assert_eq!(drift[0]["address"], "google_cloud_run_v2_service.site", "{drift}");
    assert_eq!(wired.dead().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_task_comes_again_until_it_can_be_done_and_is_dead_at_last() {
    let Some(wired) = Wired::up(&[], true).await else { return };
    let unavailable = |times| Rule {
        operation: Some(Operation::List),
        prefix: format!("{DEFINITIONS}/tenants/acme."),
        fault: Fault::Unavailable,
        times,
    };
    let faults = wired.cloud.sandbox().faults();
    wired.events.loses_events(true);
    wired.cloud.storage.upload(DEFINITIONS, "tenants/acme.yaml", definition("acme", "")).await;

    // Two deliveries meet a store that does not answer, each after five attempts of its own; the third is carried out.
    faults.inject(unavailable(10));
    wired.pubsub.publish("tasks", &json!({"data": base64(br#"{"tenant": "acme"}"#)})).await;
    // Nobody else looks meanwhile: a reader would meet the store's faults too.
    delivered(&wired.reconcile, &[503, 503, 204]).await;
    wired.until_phase("acme", "Ready").await;
    assert_eq!(wired.dead().await, Vec::<Value>::new());

    // A store that never answers: five deliveries, then the message is dead.
    faults.inject(unavailable(u32::MAX));
    wired.pubsub.publish("tasks", &json!({"data": base64(br#"{"tenant": "acme"}"#)})).await;
    let dead = eventually("the message is dead", || async { wired.dead().await.into_iter().next() }).await;
    assert_eq!(dead["message"]["data"], base64(br#"{"tenant": "acme"}"#), "{dead}");
    delivered(&wired.reconcile, &[503, 503, 204, 503, 503, 503, 503, 503]).await;

    // What no delivery can mend is acknowledged.
    faults.clear();
    wired.pubsub.publish("tasks", &json!({"data": base64(b"no task")})).await;
    delivered(&wired.reconcile, &[503, 503, 204, 503, 503, 503, 503, 503, 204]).await;
}

/// Waits until a function has answered so many deliveries, each so.
async fn delivered(to: &Function, statuses: &[u64]) {
    let found = eventually("it is delivered so often", || async {
        Some(deliveries(to)).filter(|found| found.len() >= statuses.len())
    })
    .await;
    assert_eq!(found, statuses);
}

/// The status codes of every delivery to a function so far.
fn deliveries(to: &Function) -> Vec<u64> {
    let log = to.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let tasks = |line: &Value| line["httpRequest"]["requestUrl"] == "/tasks";
    lines.filter(tasks).filter_map(|line| line["httpRequest"]["status"].as_u64()).collect()
}

/// The contract of tasks, on a topic with a push subscription to somebody who only takes note.
#[tokio::test]
async fn a_topic_keeps_the_contract_of_tasks() {
    let Some(pubsub) = PubSub::start().await else { return };
    let far_end = FarEnd::of(&pubsub).await;
    contract::every_task_arrives(&far_end).await;
    contract::a_tenant_arrives_as_often_as_it_must(&far_end).await;
}

struct FarEnd {
    tasks: Arc<dyn Tasks>,
    arrived: tokio::sync::Mutex<tokio::sync::mpsc::UnboundedReceiver<TenantId>>,
}

impl FarEnd {
    async fn of(pubsub: &PubSub) -> Self {
        let (report, arrived) = tokio::sync::mpsc::unbounded_channel();
        let receive = move |headers: HeaderMap, body: String| {
            let task: Task = serde_json::from_str(&body).unwrap();
            assert_eq!(headers["tenant"], task.tenant.as_str(), "its attributes are headers");
            let _ = report.send(task.tenant);
            std::future::ready(StatusCode::NO_CONTENT)
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(receive)).await });
        pubsub.topic("contract").await;
        pubsub.push("contract", Push { url: &url, wrapped: false, dead_letter: None }).await;
        let topic = PubSub::topic_name("contract").parse().unwrap();
        let tasks = Arc::new(PubSubTasks::new(topic, Some(pubsub.endpoint().to_owned())));
        Self { tasks, arrived: arrived.into() }
    }
}

impl Bench for FarEnd {
    fn tasks(&self) -> Arc<dyn Tasks> {
        Arc::clone(&self.tasks)
    }

    async fn arrives(&self) -> TenantId {
        self.arrived.lock().await.recv().await.unwrap()
    }
}

/// Somebody has to be there for tasks: else events are delivered again, and a sweep counts what it could not hand on.
#[tokio::test]
async fn without_anybody_to_hand_tasks_to_nothing_is_lost() {
    let cloud = Installation::new().await;
    let (reconcile, changed, sweep, get) = tokio::join!(
        cloud.start("reconcile-tenant"),
        cloud.start("definition-changed"),
        cloud.start("check-drift"),
        cloud.start("get-tenant"),
    );
    let object = "tenants/acme.yaml";
    cloud.storage.upload(DEFINITIONS, object, definition("acme", "")).await;
    assert_eq!(event(&changed, "finalized", object).await, StatusCode::SERVICE_UNAVAILABLE);
    let swept = sweep.api.send(Method::POST, "/sweep", None, &[]).await;
    assert_eq!(swept.body["due"][0]["tenant"], "acme", "{}", swept.text);
    assert_eq!(swept.body["notHandedOn"], 1, "{}", swept.text);
    assert_eq!(task(&reconcile, r#"{"tenant": "acme"}"#).await, StatusCode::NO_CONTENT);
    assert_eq!(tenant(&get, "acme").await["status"]["phase"], "Ready");
    assert_eq!(event(&changed, "finalized", object).await, StatusCode::NO_CONTENT);
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
