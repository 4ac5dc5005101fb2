//! Injected faults, as the official crate sees them.

use std::time::{Duration, Instant};

use google_cloud_gax::error::rpc::Code;
use sandbox_gcs::{Fault, Operation, Rule};

use crate::support::{PLAIN, control, read, resource, start, storage};

fn rule(operation: Operation, prefix: &str, fault: Fault) -> Rule {
    Rule { operation: Some(operation), prefix: format!("{PLAIN}/{prefix}"), fault, times: 1 }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_has_no_effect() {
    let running = start().await;
    let storage = storage(&running.sandbox.endpoint()).await;
    let control = control(&running.sandbox.endpoint()).await;
    for (fault, http, grpc) in
        [(Fault::TooManyRequests, 429, Code::ResourceExhausted), (Fault::Unavailable, 503, Code::Unavailable)]
    {
        running.sandbox.faults().inject(rule(Operation::Write, "status/", fault));
        let write = |name: &str| storage.write_object(resource(PLAIN), name, "content").send_buffered();
        write("leases/acme").await.unwrap();
        assert_eq!(write("status/acme").await.unwrap_err().http_status_code(), Some(http));
        assert_eq!(read(&storage, PLAIN, "status/acme").await.unwrap_err().http_status_code(), Some(404));

        running.sandbox.faults().inject(rule(Operation::Delete, "leases/", fault));
        let delete = || control.delete_object().set_bucket(resource(PLAIN)).set_object("leases/acme").send();
        assert_eq!(delete().await.unwrap_err().status().map(|s| s.code), Some(grpc));
        delete().await.unwrap();
        assert_eq!(running.sandbox.faults().pending(), []);
    }
    running.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_hides_a_write_that_took_effect() {
    let running = start().await;
    let storage = storage(&running.sandbox.endpoint()).await;
    let control = control(&running.sandbox.endpoint()).await;
    running.sandbox.faults().inject(rule(Operation::Write, "", Fault::LostAnswer));
    let write = storage.write_object(resource(PLAIN), "object", "content").send_buffered();
    let error = write.await.unwrap_err();
    assert_eq!(error.http_status_code(), None, "no answer at all: {error}");
    assert_eq!(read(&storage, PLAIN, "object").await.unwrap(), b"content");

    running.sandbox.faults().inject(rule(Operation::Delete, "", Fault::LostAnswer));
    let delete = control.delete_object().set_bucket(resource(PLAIN)).set_object("object").send();
    delete.await.unwrap_err();
    assert_eq!(read(&storage, PLAIN, "object").await.unwrap_err().http_status_code(), Some(404));
    running.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_response_is_noticed_and_mended_by_the_official_crate() {
    let running = start().await;
    let storage = storage(&running.sandbox.endpoint()).await;
    let content: Vec<u8> = (0..100_000_u32).map(|i| (i % 250) as u8).collect();
    let write = storage.write_object(resource(PLAIN), "object", bytes::Bytes::from(content.clone()));
    write.send_buffered().await.unwrap();
    running.sandbox.faults().inject(rule(Operation::Read, "", Fault::TornResponse));
    let torn = reqwest::Client::builder().no_proxy().build().unwrap();
    let torn = torn.get(format!("{}/{PLAIN}/object", running.sandbox.endpoint())).send().await.unwrap();
    torn.bytes().await.unwrap_err();
    running.sandbox.faults().inject(rule(Operation::Read, "", Fault::TornResponse));
    // It reads on from where the connection broke.
    assert_eq!(read(&storage, PLAIN, "object").await.unwrap(), content);
    assert_eq!(running.sandbox.faults().pending(), []);
    running.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_request_is_carried_out_late() {
    let running = start().await;
    let control = control(&running.sandbox.endpoint()).await;
    let delay = Duration::from_millis(200);
    running.sandbox.faults().inject(rule(Operation::List, "", Fault::Delay(delay)));
    let since = Instant::now();
    control.list_objects().set_parent(resource(PLAIN)).send().await.unwrap();
    assert!(since.elapsed() >= delay);
    running.sandbox.stop().await;
}
