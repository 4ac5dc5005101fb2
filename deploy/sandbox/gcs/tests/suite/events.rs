//! What subscribers are told, in which form, and how often.

use std::collections::BTreeMap;

use google_cloud_storage::client::{Storage, StorageControl};
use sandbox_gcs::Sandbox;

use crate::receiver::Receiver;
use crate::support::{PLAIN, VERSIONED, control, eventually, resource, settings, start, storage};

fn event(kind: &str, generation: i64) -> (String, String) {
    (kind.to_owned(), generation.to_string())
}

async fn write(storage: &Storage, bucket: &str, name: &str) -> i64 {
    storage.write_object(resource(bucket), name, "content").send_buffered().await.unwrap().generation
}

async fn delete(control: &StorageControl, bucket: &str, generation: i64) {
    let delete = control.delete_object().set_bucket(resource(bucket)).set_object("object");
    delete.set_generation(generation).send().await.unwrap();
}

async fn told(receiver: &Receiver, mut expected: Vec<(String, String)>) {
    expected.sort();
    eventually("the expected events", async || (receiver.events().len() >= expected.len()).then_some(())).await;
    assert_eq!(receiver.events(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_look_like_those_of_eventarc() {
    let running = start().await;
    let receiver = Receiver::start(&[]).await;
    running.sandbox.subscribe(PLAIN.parse().unwrap(), receiver.url());
    let storage = storage(&running.sandbox.endpoint()).await;
    let written = storage
        .write_object(resource(PLAIN), "tenants/käse 1%.yaml", "kind: Tenant")
        .set_content_type("application/yaml")
        .set_metadata([("by", "test")])
        .send_buffered()
        .await
        .unwrap();
    let delivery = eventually("a delivery", async || receiver.deliveries().first().cloned()).await;
    let expected = [
        ("ce-specversion", "1.0"),
        ("ce-type", "google.cloud.storage.object.v1.finalized"),
        ("ce-source", "//storage.googleapis.com/projects/_/buckets/plain-bucket"),
        ("ce-subject", "objects/tenants/k%C3%A4se%201%25.yaml"),
        ("ce-bucket", PLAIN),
        ("content-type", "application/json"),
    ];
    let got: BTreeMap<_, _> = expected.iter().map(|(name, _)| (*name, delivery.header(name))).collect();
    assert_eq!(got, BTreeMap::from(expected));
    assert!(!delivery.header("ce-id").is_empty());
    assert_eq!(delivery.body["timeCreated"], delivery.header("ce-time"));
    let body = &delivery.body;
    assert_eq!(body["kind"], "storage#object");
    assert_eq!(body["bucket"], PLAIN);
    assert_eq!(body["name"], "tenants/käse 1%.yaml");
    assert_eq!(body["generation"], written.generation.to_string());
    assert_eq!(body["metageneration"], "1");
    assert_eq!(body["size"], "12");
    assert_eq!(body["contentType"], "application/yaml");
    assert_eq!(body["metadata"]["by"], "test");
    running.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_bucket_tells_its_own_story() {
    let running = start().await;
    let storage = storage(&running.sandbox.endpoint()).await;
    let control = control(&running.sandbox.endpoint()).await;
    for (bucket, retired) in [(PLAIN, "deleted"), (VERSIONED, "archived")] {
        let receiver = Receiver::start(&[]).await;
        running.sandbox.subscribe(bucket.parse().unwrap(), receiver.url());
        let first = write(&storage, bucket, "object").await;
        let second = write(&storage, bucket, "object").await;
        delete(&control, bucket, 0).await;
        let mut expected =
            vec![event("finalized", first), event("finalized", second), event(retired, first), event(retired, second)];
        told(&receiver, expected.clone()).await;
        if bucket == VERSIONED {
            delete(&control, bucket, first).await;
            expected.push(event("deleted", first));
            told(&receiver, expected).await;
        }
    }
    running.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_comes_again_until_it_is_acknowledged() {
    let running = start().await;
    // 400 and 206 acknowledge as little as 503 does.
    let receiver = Receiver::start(&[503, 400, 206, 429, 201]).await;
    running.sandbox.subscribe(PLAIN.parse().unwrap(), receiver.url());
    let storage = storage(&running.sandbox.endpoint()).await;
    write(&storage, PLAIN, "object").await;
    let deliveries =
        eventually("five deliveries", async || Some(receiver.deliveries()).filter(|deliveries| deliveries.len() >= 5));
    let deliveries = deliveries.await;
    assert!(deliveries.iter().all(|d| d.header("ce-id") == deliveries[0].header("ce-id")));
    let outbox = running.root.path().join(".sandbox/outbox");
    eventually("an empty outbox", async || (std::fs::read_dir(&outbox).unwrap().count() == 0).then_some(())).await;
    assert_eq!(receiver.deliveries().len(), 5);
    running.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_delivers_what_was_not_acknowledged() {
    let root = tempfile::tempdir().unwrap();
    let deaf = Receiver::start(&[503; 1000]).await;
    let (port, url) = (deaf.port(), deaf.url());
    let sandbox = Sandbox::start(settings(root.path())).await.unwrap();
    sandbox.subscribe(PLAIN.parse().unwrap(), url.clone());
    let generation = write(&storage(&sandbox.endpoint()).await, PLAIN, "object").await;
    eventually("an attempt", async || deaf.deliveries().first().cloned()).await;
    sandbox.stop().await;
    drop(deaf);
    let receiver =
        eventually("the port to be free", async || tokio::net::TcpListener::bind(("127.0.0.1", port)).await.ok());
    drop(receiver.await);
    let receiver = Receiver::start_on(port, &[]).await;
    let sandbox = Sandbox::start(settings(root.path())).await.unwrap();
    assert_eq!(receiver.events(), [], "nobody has subscribed yet");
    sandbox.subscribe(PLAIN.parse().unwrap(), url);
    told(&receiver, vec![event("finalized", generation)]).await;
    sandbox.stop().await;
}
