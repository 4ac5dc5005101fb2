//! Posts events until they are acknowledged.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::outbox::{Entry, Outbox};

/// The push deadline of Pub/Sub (<https://cloud.google.com/pubsub/docs/push>).
const DEADLINE: Duration = Duration::from_mins(10);

/// So many requests are open at once.
const CONCURRENCY: usize = 64;

/// How long to wait before an event is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redelivery {
    /// After the first failure.
    pub min: Duration,
    /// It doubles with every failure up to this.
    pub max: Duration,
    /// An event older than this is given up.
    pub keep: Duration,
}

impl Default for Redelivery {
    /// What Eventarc does: 10 to 600 s, for a day.
    fn default() -> Self {
        Self { min: Duration::from_secs(10), max: Duration::from_mins(10), keep: Duration::from_hours(24) }
    }
}

impl Redelivery {
    /// The wait before attempt `failures + 1`; `failures` starts at 1.
    pub fn backoff(&self, failures: u32) -> Duration {
        let factor = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.min.saturating_mul(factor).min(self.max)
    }
}

/// The background work of sending.
#[derive(Debug, Clone)]
pub(crate) struct Deliveries {
    client: reqwest::Client,
    outbox: Arc<Outbox>,
    redelivery: Redelivery,
    slots: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Deliveries {
    /// Prepares to send what comes out of `outbox` until `stop` is cancelled.
    pub(crate) fn new(
        outbox: Arc<Outbox>,
        redelivery: Redelivery,
        stop: CancellationToken,
    ) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder().timeout(DEADLINE).no_proxy().build()?;
        let slots = Arc::new(Semaphore::new(CONCURRENCY));
        Ok(Self { client, outbox, redelivery, slots, stop })
    }

    /// Sends everything that comes, each event on its own; returns when stopped and all is quiet.
    pub(crate) async fn run(self, mut entries: UnboundedReceiver<Entry>) {
        let under_way = TaskTracker::new();
        while let Some(Some(entry)) = self.stop.run_until_cancelled(entries.recv()).await {
            let (sender, stop) = (self.clone(), self.stop.clone());
            under_way.spawn(async move { stop.run_until_cancelled(sender.deliver(entry)).await });
        }
        under_way.close();
        under_way.wait().await;
    }

    async fn deliver(&self, entry: Entry) {
        let mut failures = 0;
        while self.young(&entry) {
            match self.attempt(&entry).await {
                Ok(()) => return self.outbox.remove(&entry),
                Err(reason) => {
                    failures += 1;
                    let wait = self.redelivery.backoff(failures);
                    tracing::debug!(id = entry.id, url = entry.subscription.url, reason, ?wait, "not acknowledged");
                    tokio::time::sleep(wait).await;
                }
            }
        }
        tracing::warn!(id = entry.id, url = entry.subscription.url, "event given up: too old");
        self.outbox.remove(&entry);
    }

    fn young(&self, entry: &Entry) -> bool {
        let keep = SignedDuration::try_from(self.redelivery.keep).unwrap_or(SignedDuration::MAX);
        Timestamp::now().duration_since(entry.since) < keep
    }

    async fn attempt(&self, entry: &Entry) -> Result<(), String> {
        let _slot = self.slots.acquire().await.map_err(|e| e.to_string())?;
        let mut request = self.client.post(&entry.subscription.url);
        for (name, value) in &entry.event.headers {
            request = request.header(name, value);
        }
        let body = entry.event.body.to_string();
        let response = request.body(body).send().await.map_err(|e| e.to_string())?;
        match response.status().as_u16() {
            // 102 acknowledges too, but is no final answer to an HTTP client.
            200 | 201 | 202 | 204 => Ok(()),
            status => Err(format!("answered {status}")),
        }
    }
}
