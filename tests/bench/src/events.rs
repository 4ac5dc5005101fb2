//! Events for a tenant that is already as defined, through HTTP on one process over the store in memory.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures::future::join_all;
use tenancy::clock::SystemClock;
use tenancy::http::events::EventSource;
use tenancy::http::router;
use tenancy::platform::Platform;
use tenancy::reconcile::Watcher;
use tenancy::records::{DefinitionObject, Definitions, Phase, Status, Statuses};
use tenancy::store::memory::MemoryStore;
use tenancy::store::{NewObject, ObjectStore, Precondition};
use tenancy::tasks::LocalQueue;
use tenancy::tenant::Format;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::figure::Figure;

const CONNECTIONS: usize = 8;
const EACH: usize = 5_000;

pub(crate) async fn measure() -> Figure {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (watcher, queue) = as_defined().await;
    let routes = router::complete(router::definition_changed(watcher, EventSource::new("definitions")));
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });
    send(TcpStream::connect(address).await.unwrap(), 200).await;

    let streams = join_all((0..CONNECTIONS).map(|_| TcpStream::connect(address))).await;
    let began = Instant::now();
    let senders = streams.into_iter().map(|stream| tokio::spawn(send(stream.unwrap(), EACH)));
    for sent in join_all(senders).await {
        sent.unwrap();
    }
    let took = began.elapsed().as_secs_f64();
    server.abort();
    assert!(queue.is_empty(), "nothing was to do");
    #[expect(clippy::cast_precision_loss, reason = "some ten thousands")]
    let rate = (CONNECTIONS * EACH) as f64 / took;
    let told = format!("{rate:.0}/s ({CONNECTIONS} connections, the sender on the same cores)");
    Figure::new("events for a tenant that is already as defined", "≥ 5,000/s", told, rate >= 5000.0)
}

/// A tenant whose status says that its definition is applied.
async fn as_defined() -> (Watcher, LocalQueue) {
    let clock = Arc::new(SystemClock);
    let definitions = Arc::new(MemoryStore::new("definitions", clock.clone()));
    let records = Arc::new(MemoryStore::new("records", clock.clone()));
    let acme = "acme".parse().unwrap();
    let name = DefinitionObject::of(&acme, Format::Yaml).name;
    let object = NewObject { body: Bytes::from_static(b"never parsed: {"), ..NewObject::default() };
    let generation = definitions.write(&name, object, Precondition::Absent).await.unwrap();
    let statuses = Statuses::new(records);
    let mut status = Status::new(acme);
    (status.phase, status.observed_generation) = (Phase::Ready, Some(generation));
    statuses.write(&status, Precondition::Absent).await.unwrap();
    let platform = Platform::parse(include_str!("../../../deploy/local/platform.yaml")).unwrap();
    let queue = LocalQueue::new(10);
    let tasks = Arc::new(queue.clone());
    (Watcher::new(Definitions::new(definitions), statuses, tasks, clock, Arc::new(platform)), queue)
}

async fn send(mut stream: TcpStream, times: usize) {
    let body = r#"{"bucket":"definitions","name":"tenants/acme.yaml","generation":"1"}"#;
    let request = format!(
        "POST /events HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nce-id: 1\r\nce-specversion: 1.0\r\n\
         ce-type: google.cloud.storage.object.v1.finalized\r\n\
         ce-source: //storage.googleapis.com/projects/_/buckets/definitions\r\nce-subject: objects/tenants/acme.yaml\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut answer = [0; 1024];
    for _ in 0..times {
        stream.write_all(request.as_bytes()).await.unwrap();
        let read = stream.read(&mut answer).await.unwrap();
        assert!(answer[..read].starts_with(b"HTTP/1.1 204"), "{}", String::from_utf8_lossy(&answer[..read]));
    }
}
