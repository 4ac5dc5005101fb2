//! One change is one trace, from what asked for it to each resource of the site, and the log and the journal name it.

use std::collections::BTreeSet;

use end_to_end::{Collected, Collector, ControlPlane, Installation, Options, Wired, base64, definition, eventually};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
const REQUEST: &str = "POST /events";

/// A span's ancestors by name, nearest last, from the first whose parent was not collected.
fn path(spans: &[Collected], of: &Collected) -> String {
    match spans.iter().find(|span| span.id == of.parent) {
        Some(parent) => format!("{} > {}", path(spans, parent), of.name),
        None => of.name.clone(),
    }
}

fn paths(spans: &[Collected]) -> BTreeSet<String> {
    spans.iter().map(|span| path(spans, span)).collect()
}

/// Ids, addresses, kinds and durations, and nothing that was said.
fn say_nothing_else(spans: &[Collected]) {
    const MAY: [&str; 11] = [
        "tenant",
        "operation",
        "kind",
        "generation",
        "outcome",
        "address",
        "action",
        "instance",
        "http.route",
        "http.request.method",
        "http.response.status_code",
    ];
    for span in spans {
        let other: Vec<&String> = span.attributes.keys().filter(|name| !MAY.contains(&name.as_str())).collect();
        assert_eq!((other, span.events), (Vec::new(), 0), "{span:?}");
    }
}

#[tokio::test]
async fn a_request_is_followed_to_each_resource_before_it_is_answered() {
    let (cloud, collector) = (Installation::new().await, Collector::start().await);
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.endpoint),
        ("K_SERVICE", "create"),
        ("AIPRESS_PROJECT", "control-eu"),
    ];
    let create = cloud.start_with("create-tenant", &settings).await;
    let headers = format!("00-{TRACE}-{PARENT}-00");
    let headers = [("traceparent", headers.as_str())];
    let made = create.api.send(Method::POST, "/tenants", Some(&definition("acme", "")), &headers).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);

    // Cloud Run stops the clock with the answer: all of it is there.
    let spans = collector.spans();
    say_nothing_else(&spans);
    assert!(spans.iter().all(|span| span.trace == TRACE), "{spans:?}");
    let (paths, work) = (paths(&spans), "POST /tenants > reconcile > operation > terraform apply");
    assert!(spans.iter().any(|span| span.name == "POST /tenants" && span.parent == PARENT), "{paths:?}");
    assert!(paths.contains("POST /tenants > reconcile > lease"), "{paths:?}");
    assert!(paths.contains("POST /tenants > reconcile > operation > slot"), "{paths:?}");
    let service = spans
        .iter()
        .find(|span| span.attributes.get("address").is_some_and(|it| it == "google_cloud_run_v2_service.site"));
    let service = service.unwrap_or_else(|| panic!("{paths:?}"));
    assert_eq!(path(&spans, service), format!("{work} > create google_cloud_run_v2_service.site"));
    let resources: BTreeSet<&str> =
        spans.iter().filter_map(|span| span.attributes.get("address").map(String::as_str)).collect();
    assert!(resources.len() >= 6, "{resources:?}");
    let process = spans.iter().find(|span| span.name == "terraform apply").unwrap();
    assert!(service.took > 0 && service.took <= process.took);

    // The journal and the log say the same.
    let id = made.body["status"]["operation"].as_str().unwrap();
    let get = cloud.start("get-tenant").await;
    let operation = get.api.get(&format!("/tenants/acme/operations/{id}")).await.body;
    let revision = &cloud.cloud().read("google_cloud_run_v2_service", "acme")["latest_ready_revision"];
    assert_eq!(
        (&operation["trace"], operation["revision"].as_str()),
        (&TRACE.into(), revision.as_str()),
        "{operation}"
    );
    assert!(spans.iter().any(|span| span.name == "operation" && span.attributes["operation"] == id));
    let log = create.log();
    let ended = lines(&log).find(|line| line["event"] == "operation_ended").unwrap();
    assert_eq!((&ended["tenant"], &ended["operation"]), (&"acme".into(), &id.into()), "{log}");
    let answered = lines(&log).find(|line| line["httpRequest"]["requestUrl"] == "/tenants").unwrap();
    for line in [ended, answered] {
        assert_eq!(line["logging.googleapis.com/trace"], format!("projects/control-eu/traces/{TRACE}"), "{line}");
    }
}

fn lines(log: &str) -> impl Iterator<Item = Value> {
    log.lines().filter_map(|line| serde_json::from_str(line).ok())
}

#[tokio::test]
async fn an_upload_is_followed_through_its_task_to_each_resource() {
    let collector = Collector::start().await;
    let environment =
        vec![("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT".to_owned(), format!("{}/v1/traces", collector.endpoint))];
    let plane = ControlPlane::start_with(Options { environment, ..Options::default() }).await;
    plane.upload("acme", &definition("acme", "")).await;
    plane.until_phase("acme", "Ready").await;
    let operation = plane.ended_operations("acme").await.pop().unwrap();
    let trace = operation["trace"].as_str().unwrap();
    is_one_trace(&collector, trace, REQUEST).await;
}

/// Two functions and two topics between an upload and the site, each its own process.
async fn follows_an_upload_through_pubsub(wrapped: bool) {
    let collector = Collector::start().await;
    let Some(wired) = Wired::up(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint)], wrapped).await else { return };
    wired.cloud.storage.upload("e2e-definitions", "tenants/acme.yaml", definition("acme", "")).await;
    let acme = wired.until_phase("acme", "Ready").await;
    let trace = trace_of(&wired, &acme).await;
    is_one_trace(&collector, &trace, REQUEST).await;

    // Where the event itself is part of a trace, so is all that comes of it.
    let event = json!({
        "data": base64(b"{}"),
        "attributes": {
            "ce-id": "1",
            "ce-specversion": "1.0",
            "ce-type": "google.cloud.storage.object.v1.finalized",
            "ce-source": "//storage.googleapis.com/projects/_/buckets/e2e-definitions",
            "ce-subject": "objects/tenants/globex.yaml",
            "ce-traceparent": format!("00-{TRACE}-{PARENT}-01"),
        },
    });
    wired.events.loses_events(true);
    wired.cloud.storage.upload("e2e-definitions", "tenants/globex.yaml", definition("globex", "")).await;
    wired.pubsub.publish("events", &event).await;
    let globex = wired.until_phase("globex", "Ready").await;
    assert_eq!(trace_of(&wired, &globex).await, TRACE);
    is_one_trace(&collector, TRACE, "event").await;
    assert_ne!(trace, TRACE);
}

/// What the journal says of the operation that made a tenant what it is.
async fn trace_of(wired: &Wired, tenant: &Value) -> String {
    let (id, operation) = (tenant["metadata"]["name"].as_str(), tenant["status"]["operation"].as_str());
    let operation = format!("/tenants/{}/operations/{}", id.unwrap(), operation.unwrap());
    wired.get.api.get(&operation).await.body["trace"].as_str().unwrap().to_owned()
}

/// Whether all of the way from an event, in this span, to a resource was collected.
async fn is_one_trace(collector: &Collector, trace: &str, event: &str) {
    let work =
        format!("{event} > task > reconcile > operation > terraform apply > create google_cloud_run_v2_service.site");
    let of_trace = || collector.spans().into_iter().filter(|span| span.trace == trace).collect::<Vec<_>>();
    let found = eventually("the trace is collected", || async {
        Some(paths(&of_trace())).filter(|paths| paths.contains(&work))
    });
    assert!(found.await.iter().all(|path| path.starts_with(event)));
    say_nothing_else(&of_trace());
}

#[tokio::test]
async fn an_upload_is_followed_through_pubsub_whose_messages_are_requests() {
    follows_an_upload_through_pubsub(false).await;
}

#[tokio::test]
async fn an_upload_is_followed_through_pubsub_whose_messages_are_wrapped() {
    follows_an_upload_through_pubsub(true).await;
}

/// Where the specification's default collector would be, nobody is asked for anything.
#[tokio::test]
async fn nothing_is_sent_anywhere_unless_somebody_says_where() {
    let Ok(listener) = TcpListener::bind("127.0.0.1:4318").await else {
        eprintln!("skipped: somebody else listens on port 4318");
        return;
    };
    let cloud = Installation::new().await;
    let create = cloud.start("create-tenant").await;
    let traceparent = format!("00-{TRACE}-{PARENT}-01");
    let headers = [("traceparent", traceparent.as_str())];
    let made = create.api.send(Method::POST, "/tenants", Some(&definition("acme", "")), &headers).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    create.terminate().await;
    let ended = create.ended().await;
    let accepted = tokio::time::timeout(std::time::Duration::from_millis(100), listener.accept()).await;
    assert!(accepted.is_err(), "a connection was made");
    // The trace is followed all the same.
    let line = lines(&ended.log).find(|line| line["event"] == "operation_ended").unwrap();
    assert_eq!(line["logging.googleapis.com/trace"], TRACE, "{line}");
}
