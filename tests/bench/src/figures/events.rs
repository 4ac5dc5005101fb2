//! Events about tenants that are already as defined: through HTTP, on one process, over a store in memory. Sender and
//! receiver share the machine, so the figure holds the sender's cost too.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tenancy::clock::SystemClock;
use tenancy::http::events::EventSource;
use tenancy::http::identity::Gate;
use tenancy::http::router;
use tenancy::http::serve::{Bounds, Stopping, serve_until};
use tenancy::platform::Platform;
use tenancy::reconcile::Watcher;
use tenancy::records::{DefinitionWriter, Definitions, Phase, Status, Statuses};
use tenancy::store::Precondition;
use tenancy::store::memory::MemoryStore;
use tenancy::tasks::{HandOutError, Task, Tasks};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::tenants::definition;
use crate::Failure;
use crate::figure::{Figure, Target, Unit};
use crate::sample::Sample;
use crate::wire::{Wire, request};
use crate::world::repository;

const FLEET: usize = 1_000;
const CONNECTIONS: usize = 8;
const WARM_UP: Duration = Duration::from_millis(500);
const ROUND: Duration = Duration::from_secs(1);
const ROUNDS: usize = 5;
const BUCKET: &str = "definitions";

/// Nothing may be handed on: that would be an event which found something to do.
struct Nobody;

#[async_trait]
impl Tasks for Nobody {
    async fn hand_out(&self, task: Task) -> Result<(), HandOutError> {
        Err(HandOutError::Unavailable(format!("'{}' is not as defined", task.tenant)))
    }
}

pub(super) async fn measure() -> Result<Vec<Figure>, Failure> {
    log_to_nowhere();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let routes = router::definition_changed(watcher().await?, EventSource::new(BUCKET), &Gate::open());
    let routes = router::complete(routes);
    let stopping = Stopping { grace: Duration::ZERO, drain: Duration::ZERO, stop: CancellationToken::new() };
    let server = tokio::spawn(serve_until(routes, listener, Bounds::default(), stopping, std::future::pending()));
    send_for(address, WARM_UP).await?;
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        rates.push(send_for(address, ROUND).await?);
    }
    server.abort();
    let sample = Sample::of(rates).ok_or("nothing was measured")?;
    let what = "events for tenants as defined";
    let figure = Figure::new("events", what, sample.median(), Unit::PerSecond, Target::AtLeast(5_000.0));
    let note = format!("{CONNECTIONS} kept connections, {FLEET} tenants, the log on; no definition parsed, no task");
    Ok(vec![figure.from(sample.spread()).noting(note)])
}

/// The log is written as in production, and thrown away.
fn log_to_nowhere() {
    let log = tracing_subscriber::fmt().json().with_env_filter("info").with_writer(std::io::sink);
    // A second one changes nothing.
    let _ = log.try_init();
}

async fn watcher() -> Result<Watcher, Failure> {
    let [definitions, records] =
        [BUCKET, "records"].map(|name| Arc::new(MemoryStore::new(name, Arc::new(SystemClock))));
    let (writer, statuses) = (DefinitionWriter::new(definitions.clone()), Statuses::new(records));
    for number in 0..FLEET {
        let id = tenant(number);
        let source = definition(&id, 3).into_bytes().into();
        let generation = writer.create(&id.parse()?, source).await?;
        let mut status = Status::new(id.parse()?);
        status.phase = Phase::Ready;
        status.observed_generation = Some(generation);
        statuses.write(&status, Precondition::Absent).await?;
    }
    let platform = std::fs::read_to_string(repository().join("deploy/local/platform.yaml"))?;
    let platform = Arc::new(Platform::parse(&platform)?);
    Ok(Watcher::new(Definitions::new(definitions), statuses, Arc::new(Nobody), Arc::new(SystemClock), platform))
}

fn tenant(number: usize) -> String {
    format!("tenant-{number}")
}

/// Events a second that were answered within a time.
async fn send_for(address: SocketAddr, time: Duration) -> Result<f64, Failure> {
    let began = Instant::now();
    let mut senders = JoinSet::new();
    for sender in 0..CONNECTIONS {
        senders.spawn(send(address, sender, began + time));
    }
    let mut answered = 0_u32;
    while let Some(sent) = senders.join_next().await {
        answered += sent??;
    }
    Ok(f64::from(answered) / began.elapsed().as_secs_f64())
}

async fn send(address: SocketAddr, sender: usize, until: Instant) -> Result<u32, Failure> {
    let mut wire = Wire::open(address).await?;
    let events: Vec<Vec<u8>> =
        (sender..FLEET).step_by(CONNECTIONS).map(|number| event(BUCKET, &tenant(number))).collect();
    let mut answered = 0;
    for event in events.iter().cycle() {
        if Instant::now() >= until {
            break;
        }
        let reply = wire.exchange(event).await?;
        if reply.status != 204 {
            return Err(format!("an event was answered with {}", reply.status).into());
        }
        answered += 1;
    }
    Ok(answered)
}

/// As Eventarc sends it, binary mode; the data as short as it may be.
pub(super) fn event(bucket: &str, tenant: &str) -> Vec<u8> {
    let source = format!("//storage.googleapis.com/projects/_/buckets/{bucket}");
    let subject = format!("objects/tenants/{tenant}.yaml");
    let data = format!("{{\"bucket\":\"{bucket}\",\"name\":\"tenants/{tenant}.yaml\",\"generation\":\"1\"}}");
    let headers = [
        ("ce-specversion", "1.0"),
        ("ce-id", "1"),
        ("ce-type", "google.cloud.storage.object.v1.finalized"),
        ("ce-source", &source),
        ("ce-subject", &subject),
        ("ce-time", "2026-01-02T03:04:05Z"),
        ("content-type", "application/json"),
    ];
    request("POST", "/events", &headers, &data)
}
