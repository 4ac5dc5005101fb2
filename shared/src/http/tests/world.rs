//! A whole product in memory behind its routes: the clock stands still, ids are counted, nothing is mocked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::clock::{Clock, OperationIds};
use crate::http::events::EventSource;
use crate::http::identity::Gate;
use crate::http::openapi;
use crate::http::router::{self, Door, Parts};
use crate::operation::OperationId;
use crate::platform::Platform;
use crate::plugins::{MemoryBuckets, MemoryDirectory, MemoryInstaller, PluginLists};
use crate::provision::memory::MemoryProvisioner;
use crate::reconcile::{Footing, PluginPorts, Ports, Reconciler, Sweeper, Watcher};
use crate::records::{Definitions, Statuses};
use crate::store::memory::MemoryStore;
use crate::store::{
    Generation, NewObject, ObjectMeta, ObjectName, ObjectReader, ObjectStore, Page, PageToken, Precondition,
    StoreError, Versioned,
};
use crate::tasks::LocalQueue;
use crate::tenants::{Commands, Queries};

/// A definition that is valid.
pub(super) const ACME: &str = "\
apiVersion: aipress.io/v1alpha1
kind: Tenant
metadata:
  name: acme
  displayName: Acme Corp
spec:
  runtime:
    scaling: {maxInstances: 2}
";

pub(in crate::http) struct World {
    pub(super) definitions: Arc<MemoryStore>,
    pub(super) records: Arc<MemoryStore>,
    pub(super) cloud: MemoryProvisioner,
    pub(super) queue: LocalQueue,
    pub(super) router: Router,
}

/// 2026-01-01T00:00:00Z, always.
struct StandingClock;

#[async_trait::async_trait]
impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_767_225_600).unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

#[derive(Default)]
struct CountedIds(AtomicU64);

impl OperationIds for CountedIds {
    fn next(&self, _: Timestamp) -> OperationId {
        OperationId::from(ulid::Ulid::from_parts(
            1_767_225_600_000,
            (self.0.fetch_add(1, Ordering::Relaxed) + 1).into(),
        ))
    }
}

const PLATFORM: &str = "
tenantProjects:
  - project: tenants-eu
    region: europe-west1
    tiers: {standard: {instance: shared-1, connectionName: 'tenants-eu:europe-west1:shared-1', project: tenants-eu}}
image: europe-west1-docker.pkg.dev/p/r/wordpress-runtime:6.8
defaultTier: standard
artifactsBucket: artifacts
limits: {waitSeconds: 5}
";

/// A bucket whose store does not answer.
struct Silent;

#[async_trait::async_trait]
impl ObjectReader for Silent {
    async fn read(&self, _: &ObjectName) -> Result<Option<Versioned<Bytes>>, StoreError> {
        silence()
    }

    async fn read_generation(&self, _: &ObjectName, _: Generation) -> Result<Option<Bytes>, StoreError> {
        silence()
    }

    async fn stat(&self, _: &ObjectName) -> Result<Option<ObjectMeta>, StoreError> {
        silence()
    }

    async fn list(&self, _: &str, _: Option<&PageToken>, _: usize) -> Result<Page<ObjectMeta>, StoreError> {
        silence()
    }

    async fn generations(&self, _: &ObjectName) -> Result<Vec<ObjectMeta>, StoreError> {
        silence()
    }
}

fn silence<T>() -> Result<T, StoreError> {
    Err(StoreError::Unavailable { reason: "no answer within 2 s".to_owned() })
}

impl World {
    /// The same, over a definitions bucket whose store does not answer.
    pub(super) fn with_silent_definitions() -> Self {
        let world = Self::new();
        let clock: Arc<dyn Clock> = Arc::new(StandingClock);
        let mut parts = parts(&clock, &world.definitions, &world.records, &world.cloud, &world.queue);
        let platform = Arc::new(Platform::parse(PLATFORM).unwrap());
        let (definitions, statuses) = (Definitions::new(Arc::new(Silent)), Statuses::new(world.records.clone()));
        parts.queries = Queries::new(Arc::new(Silent), world.records.clone());
        parts.watcher = Watcher::new(definitions, statuses, Arc::new(world.queue.clone()), clock, platform);
        Self { router: router::complete(router::all(parts)), ..world }
    }

    pub(in crate::http) fn new() -> Self {
        let clock: Arc<dyn Clock> = Arc::new(StandingClock);
        let definitions = Arc::new(MemoryStore::new("definitions", Arc::clone(&clock)));
        let records = Arc::new(MemoryStore::new("records", Arc::clone(&clock)));
        let cloud = MemoryProvisioner::new(Arc::clone(&clock));
        let queue = LocalQueue::new(100);
        let parts = parts(&clock, &definitions, &records, &cloud, &queue);
        let router = router::complete(router::all(parts));
        Self { definitions, records, cloud, queue, router }
    }

    /// Puts an object into the definitions bucket, as somebody with `gcloud` does.
    pub(super) async fn upload(&self, name: &str, content: &str) {
        let object = NewObject { body: content.to_owned().into(), ..NewObject::default() };
        self.definitions.write(&ObjectName::new(name).unwrap(), object, Precondition::Absent).await.unwrap();
    }

    /// Asks, and holds the answer against the `OpenAPI` document.
    pub(super) async fn ask(&self, request: Request<Body>) -> Answered {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        let answered = Answered { status, headers, body: String::from_utf8(body).unwrap() };
        openapi::check::answer(&method, &path, &answered);
        answered
    }

    pub(super) async fn get(&self, path: &str) -> Answered {
        self.ask(request(Method::GET, path, &[], "")).await
    }

    pub(in crate::http) async fn send(&self, method: Method, path: &str, body: &str) -> Answered {
        self.ask(request(method, path, &[("content-type", "application/yaml")], body.to_owned())).await
    }
}

pub(super) fn request(method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(body.into()).unwrap()
}

/// An answer, read.
pub(in crate::http) struct Answered {
    pub(in crate::http) status: StatusCode,
    pub(in crate::http) headers: HeaderMap,
    pub(in crate::http) body: String,
}

impl Answered {
    pub(in crate::http) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(in crate::http) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Status and body, with generations (which count over the whole process) blotted out.
    pub(super) fn snapshot(&self) -> String {
        let mut body = self.json();
        blot(&mut body);
        format!("{}\n{body:#}", self.status)
    }

    pub(in crate::http) fn reason(&self) -> String {
        self.json()["reason"].as_str().unwrap_or_default().to_owned()
    }
}

fn blot(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let counts = name.to_lowercase().ends_with("generation") || name == "lock";
                if counts && value.is_number() {
                    *value = "[generation]".into();
                } else if ["detail", "what"].contains(&name.as_str())
                    && let Some(text) = value.as_str()
                {
                    *value = without_generation(text).into();
                } else {
                    blot(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(blot),
        _ => {}
    }
}

/// `generation 7` counts over the whole process too.
fn without_generation(text: &str) -> String {
    let mut after = false;
    let words = text.split(' ').map(|word| {
        let blotted = std::mem::replace(&mut after, word == "generation") && word.parse::<u64>().is_ok();
        if blotted { "[generation]" } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn parts(
    clock: &Arc<dyn Clock>,
    definitions: &Arc<MemoryStore>,
    records: &Arc<MemoryStore>,
    cloud: &MemoryProvisioner,
    queue: &LocalQueue,
) -> Parts {
    let clock = || Arc::clone(clock);
    let definitions_writer: Arc<dyn ObjectStore> = Arc::<MemoryStore>::clone(definitions);
    let definitions_reader: Arc<dyn ObjectReader> = Arc::<MemoryStore>::clone(definitions);
    let records_writer: Arc<dyn ObjectStore> = Arc::<MemoryStore>::clone(records);
    let records_reader: Arc<dyn ObjectReader> = Arc::<MemoryStore>::clone(records);
    let platform = Arc::new(Platform::parse(PLATFORM).unwrap());
    let lists = PluginLists::new(Arc::new(MemoryBuckets::new(&clock())));
    let directory = MemoryDirectory::default();
    directory.publish("hello-dolly", "1.7.2");
    let plugins = PluginPorts::in_memory(&directory, lists.clone(), &MemoryInstaller::default());
    let ports = Ports::from(Footing {
        definitions: definitions_writer,
        records: Arc::clone(&records_writer),
        process: "test".to_owned(),
        exports: Arc::new(crate::exports::RecordedExports::new(Arc::clone(&records_writer))),
        provisioner: Arc::new(cloud.clone()),
        plugins,
        clock: clock(),
        ids: Arc::new(CountedIds::default()),
        platform: Arc::clone(&platform),
        shutdown: CancellationToken::new(),
    });
    let tasks = || Arc::new(queue.clone());
    let (heads, statuses) = (ports.definitions.clone(), ports.statuses.clone());
    let watcher = Watcher::new(heads, statuses, tasks(), clock(), Arc::clone(&platform));
    let sweeper = Sweeper::new(Arc::clone(&definitions_reader), records_writer, lists, tasks(), clock(), platform);
    let reconciler = Reconciler::new(ports);
    Parts {
        door: Door { commands: Commands::new(reconciler.clone(), tasks()), gate: Gate::open() },
        queries: Queries::new(definitions_reader, records_reader),
        watcher,
        source: EventSource::new("definitions"),
        reconciler,
        sweeper,
    }
}
