//! The Google Cloud Storage adapter keeps the store contract, against the sandbox server and on a network that fails.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so does what it is made of")]

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use sandbox_gcs::{Bucket, BucketName, Fault, Operation, Rule, Sandbox, Settings};
use tempfile::TempDir;
use tenancy::store::contract::Subject;
use tenancy::store::gcs::{GcsClients, GcsSettings, GcsStore};
use tenancy::store::{NewObject, ObjectName, ObjectReader as _, ObjectStore as _, Precondition, StoreError};

const BUCKET: &str = "contract";

/// A sandbox with one bucket in a folder of its own.
struct Cloud {
    store: GcsStore,
    sandbox: Sandbox,
    _folder: TempDir,
}

impl Cloud {
    async fn start(versioning: bool) -> Self {
        let folder = TempDir::new().unwrap();
        let mut settings = Settings::new(folder.path());
        settings.buckets.push(Bucket { name: BUCKET.parse::<BucketName>().unwrap(), versioning });
        let sandbox = Sandbox::start(settings).await.unwrap();
        let store = clients(sandbox.endpoint()).bucket(BUCKET);
        Self { store, sandbox, _folder: folder }
    }

    async fn subject(versioned: bool) -> Subject {
        let cloud = Self::start(versioned).await;
        Subject { store: std::sync::Arc::new(cloud.store.clone()), versioned, keep: Box::new(cloud) }
    }

    fn inject(&self, operation: Operation, fault: Fault, times: u32) {
        self.sandbox.faults().inject(Rule { operation: Some(operation), prefix: String::new(), fault, times });
    }
}

fn clients(endpoint: String) -> std::sync::Arc<GcsClients> {
    GcsClients::new(GcsSettings { endpoint: Some(endpoint) })
}

fn acme() -> ObjectName {
    ObjectName::new("status/acme.json").unwrap()
}

fn content(body: &'static str) -> NewObject {
    NewObject { body: body.into(), ..NewObject::default() }
}

mod versioned {
    async fn empty() -> super::Subject {
        super::Cloud::subject(true).await
    }

    tenancy::store_contract!(empty);
}

mod unversioned {
    async fn empty() -> super::Subject {
        super::Cloud::subject(false).await
    }

    tenancy::store_contract!(empty);
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_known_as_ours() {
    let cloud = Cloud::start(true).await;
    cloud.inject(Operation::Write, Fault::LostAnswer, 1);
    let created = cloud.store.write(&acme(), content("one"), Precondition::Absent).await.unwrap();
    cloud.inject(Operation::Write, Fault::LostAnswer, 1);
    let updated = cloud.store.write(&acme(), content("two"), Precondition::Matches(created)).await.unwrap();

    let found = cloud.store.generations(&acme()).await.unwrap();
    assert_eq!(found.iter().map(|meta| meta.generation).collect::<Vec<_>>(), [updated, created]);
}

#[tokio::test]
async fn a_write_that_somebody_else_won_is_not_taken_for_ours_when_answers_are_lost() {
    let cloud = Cloud::start(true).await;
    let theirs = cloud.store.write(&acme(), content("same"), Precondition::Absent).await.unwrap();
    cloud.inject(Operation::Write, Fault::Unavailable, 1);
    let ours = cloud.store.write(&acme(), content("same"), Precondition::Absent).await;
    assert!(matches!(ours, Err(StoreError::PreconditionFailed { .. })), "{ours:?}");
    assert_eq!(cloud.store.read(&acme()).await.unwrap().unwrap().generation, theirs);
}

#[tokio::test]
async fn a_delete_whose_answer_was_lost_is_done() {
    let cloud = Cloud::start(true).await;
    let created = cloud.store.write(&acme(), content("one"), Precondition::Absent).await.unwrap();
    cloud.inject(Operation::Delete, Fault::LostAnswer, 1);
    cloud.store.delete(&acme(), created).await.unwrap();
    assert_eq!(cloud.store.read(&acme()).await.unwrap(), None);
}

#[tokio::test]
async fn a_bad_moment_is_waited_out() {
    let cloud = Cloud::start(true).await;
    cloud.inject(Operation::Write, Fault::TooManyRequests, 2);
    let written = cloud.store.write(&acme(), content("one"), Precondition::Absent).await.unwrap();
    for (operation, fault) in [
        (Operation::Read, Fault::Unavailable),
        (Operation::Read, Fault::TornResponse),
        (Operation::Get, Fault::Unavailable),
        (Operation::List, Fault::TooManyRequests),
        (Operation::List, Fault::LostAnswer),
    ] {
        cloud.inject(operation, fault, 1);
        assert_eq!(cloud.store.read(&acme()).await.unwrap().unwrap().value, "one", "{operation:?} {fault:?}");
        assert_eq!(cloud.store.stat(&acme()).await.unwrap().unwrap().generation, written, "{operation:?} {fault:?}");
        assert_eq!(cloud.store.list("", None, 10).await.unwrap().items.len(), 1, "{operation:?} {fault:?}");
        assert_eq!(cloud.sandbox.faults().pending(), [], "{operation:?} {fault:?} did not strike");
    }
}

#[tokio::test]
async fn a_store_that_says_when_to_come_back_is_left_alone_until_then() {
    let cloud = Cloud::start(true).await;
    cloud.store.write(&acme(), content("one"), Precondition::Absent).await.unwrap();
    cloud.inject(Operation::Read, Fault::Later(2), 1);
    let begin = Instant::now();
    assert_eq!(cloud.store.read(&acme()).await.unwrap().unwrap().value, "one");
    assert!(begin.elapsed() >= Duration::from_secs(2), "{:?}", begin.elapsed());

    // Longer than anybody waits: said at once, and nothing more is asked.
    cloud.inject(Operation::Read, Fault::Later(3_600), 2);
    let begin = Instant::now();
    let read = cloud.store.read(&acme()).await;
    assert!(matches!(read, Err(StoreError::Unavailable { .. })), "{read:?}");
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    assert_eq!(cloud.sandbox.faults().pending().len(), 1);
}

#[tokio::test]
async fn a_bad_day_is_unavailable_within_seconds() {
    let cloud = Cloud::start(true).await;
    cloud.sandbox.faults().inject(Rule {
        operation: None,
        prefix: String::new(),
        fault: Fault::Unavailable,
        times: 99,
    });
    let begin = Instant::now();
    let read = cloud.store.read(&acme()).await;
    assert!(matches!(read, Err(StoreError::Unavailable { .. })), "{read:?}");
    let listed = cloud.store.list("", None, 10).await;
    assert!(matches!(listed, Err(StoreError::Unavailable { .. })), "{listed:?}");
    let written = cloud.store.write(&acme(), content("one"), Precondition::Absent).await;
    assert!(matches!(written, Err(StoreError::Unavailable { .. })), "{written:?}");
    assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_never_an_empty_one() {
    let cloud = Cloud::start(true).await;
    let lost = clients(cloud.sandbox.endpoint()).bucket("lost-bucket");
    let absent = ObjectName::new("tenants/acme.yaml").unwrap();
    let errors = [
        lost.check().await.unwrap_err(),
        lost.read(&absent).await.unwrap_err(),
        lost.stat(&absent).await.unwrap_err(),
        lost.list("tenants/", None, 10).await.unwrap_err(),
        lost.generations(&absent).await.unwrap_err(),
        lost.write(&absent, content("one"), Precondition::Absent).await.unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, StoreError::Unusable { .. }), "{error:?}");
        assert!(error.to_string().contains("lost-bucket"), "{error}");
    }
    cloud.store.check().await.unwrap();
}

#[tokio::test]
async fn a_store_that_nobody_answers_for_is_unavailable() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let store = clients(endpoint).bucket(BUCKET);
    let begin = Instant::now();
    for error in [store.check().await.unwrap_err(), store.read(&acme()).await.unwrap_err()] {
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    }
    assert!(begin.elapsed() < Duration::from_secs(25), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn what_is_too_big_for_a_function_is_refused_before_it_fills_the_memory() {
    let cloud = Cloud::start(true).await;
    let body = vec![b'x'; 64 * 1024 * 1024 + 1].into();
    let huge = NewObject { body, ..NewObject::default() };
    cloud.store.write(&acme(), huge, Precondition::Absent).await.unwrap();
    let read = cloud.store.read(&acme()).await;
    assert!(matches!(&read, Err(StoreError::Corrupt { reason, .. }) if reason.contains("67108864")), "not refused");
}
