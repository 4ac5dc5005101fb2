//! The functions around the buckets and Pub/Sub, each a process of its own, wired as the control plane wires them.

use serde_json::Value;

use crate::installation::{Function, Installation};
use crate::pubsub::{Bridge, PubSub, Push};
use crate::tools::eventually;

const DEFINITIONS: &str = "e2e-definitions";

/// An installation whose events and tasks travel.
pub struct Wired {
    /// What they travel by.
    pub pubsub: PubSub,
    /// What takes the bucket's events to their topic.
    pub events: Bridge,
    /// `reconcile-tenant`.
    pub reconcile: Function,
    /// `check-drift`.
    pub sweep: Function,
    /// `get-tenant`.
    pub get: Function,
    /// Buckets and a cloud.
    pub cloud: Installation,
    _changed: Function,
}

impl Wired {
    /// Starts everything with some settings otherwise; tasks are pushed wrapped in JSON or not. `None`, said so, where there
    /// is no emulator.
    pub async fn up(other: &[(&str, &str)], wrapped: bool) -> Option<Self> {
        let pubsub = PubSub::start().await?;
        let cloud = Installation::new().await;
        let topic = PubSub::topic_name("tasks");
        let wired = [("AIPRESS_PUBSUB_ENDPOINT", pubsub.endpoint()), ("AIPRESS_TASKS_TOPIC", topic.as_str())];
        let settings = [&wired, other].concat();
        let (reconcile, changed, sweep, get) = tokio::join!(
            cloud.start_with("reconcile-tenant", &settings),
            cloud.start_with("definition-changed", &settings),
            cloud.start_with("check-drift", &settings),
            cloud.start_with("get-tenant", &settings),
        );
        for topic in ["events", "assets", "tasks", "dead"] {
            pubsub.topic(topic).await;
        }
        pubsub.keep("dead").await;
        let [events, assets] = ["events", "assets"].map(|path| format!("{}/{path}", changed.api.url()));
        let tasks = format!("{}/tasks", reconcile.api.url());
        // An event keeps its headers: those of a CloudEvent are the message's attributes.
        pubsub.push("events", Push { url: &events, wrapped: false, dead_letter: None }).await;
        pubsub.push("assets", Push { url: &assets, wrapped: false, dead_letter: None }).await;
        pubsub.push("tasks", Push { url: &tasks, wrapped, dead_letter: Some("dead") }).await;
        let events = pubsub.bridge("events").await;
        cloud.sandbox().subscribe(DEFINITIONS.parse().unwrap(), events.url.clone());
        Some(Self { pubsub, events, reconcile, sweep, get, cloud, _changed: changed })
    }

    /// Waits until a tenant is in a phase.
    pub async fn until_phase(&self, id: &str, phase: &str) -> Value {
        eventually(&format!("{id} is {phase}"), || async {
            let tenant = self.get.api.get(&format!("/tenants/{id}")).await.body;
            (tenant["status"]["phase"] == phase).then_some(tenant)
        })
        .await
    }

    /// Tasks that nobody could carry out.
    pub async fn dead(&self) -> Vec<Value> {
        self.pubsub.pull("dead").await
    }
}
