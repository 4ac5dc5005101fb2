//! Pub/Sub, as the emulator of the gcloud SDK stands in for it: topics, push subscriptions, dead letters; and events of a
//! bucket on their way through a topic, as Eventarc sends them.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::tools::{eventually, installed};

const PROJECT: &str = "projects/e2e";

/// A running emulator; stopped when dropped.
pub struct PubSub {
    _process: Child,
    endpoint: String,
    client: Client,
}

/// How a push subscription delivers.
#[derive(Debug, Clone, Copy)]
pub struct Push<'a> {
    /// Where to.
    pub url: &'a str,
    /// Messages are wrapped in JSON; otherwise their data is the body and their attributes are headers.
    pub wrapped: bool,
    /// After five attempts, a message goes to this topic.
    pub dead_letter: Option<&'a str>,
}

impl PubSub {
    /// Starts one; `None`, said so, where the SDK or its emulator is not on this machine.
    #[expect(clippy::disallowed_methods, reason = "end-to-end tests run real programs")]
    pub async fn start() -> Option<Self> {
        let jar = jar()?;
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new("java")
            .args(["-Xmx256m", "-XX:TieredStopAtLevel=1", "-jar"])
            .arg(jar)
            .args(["--host=127.0.0.1", &format!("--port={port}")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (endpoint, client) = (format!("http://127.0.0.1:{port}"), Client::new());
        eventually("the emulator serves", || async { client.get(&endpoint).send().await.ok() }).await;
        Some(Self { _process: process, endpoint, client })
    }

    /// `http://HOST:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The whole name of a topic.
    pub fn topic_name(topic: &str) -> String {
        format!("{PROJECT}/topics/{topic}")
    }

    /// Makes a topic.
    pub async fn topic(&self, topic: &str) {
        self.call(Method::PUT, &Self::topic_name(topic), &json!({})).await;
    }

    /// Makes a push subscription, named as its topic is. What is not acknowledged comes again after half a second, then
    /// less and less often.
    pub async fn push(&self, topic: &str, push: Push<'_>) {
        let mut config = json!({"pushEndpoint": push.url});
        if !push.wrapped {
            config["noWrapper"] = json!({"writeMetadata": true});
        }
        let mut subscription = json!({
            "topic": Self::topic_name(topic),
            "pushConfig": config,
            "ackDeadlineSeconds": 600,
            "retryPolicy": {"minimumBackoff": "0.5s", "maximumBackoff": "2s"},
        });
        if let Some(dead) = push.dead_letter {
            subscription["deadLetterPolicy"] =
                json!({"deadLetterTopic": Self::topic_name(dead), "maxDeliveryAttempts": 5});
        }
        self.call(Method::PUT, &format!("{PROJECT}/subscriptions/{topic}"), &subscription).await;
    }

    /// Makes a subscription that is read with [`Self::pull`], named as its topic is.
    pub async fn keep(&self, topic: &str) {
        let subscription = json!({"topic": Self::topic_name(topic)});
        self.call(Method::PUT, &format!("{PROJECT}/subscriptions/{topic}"), &subscription).await;
    }

    /// What is in a subscription, at most ten messages.
    pub async fn pull(&self, topic: &str) -> Vec<Value> {
        let ask = json!({"maxMessages": 10, "returnImmediately": true});
        let answer = self.call(Method::POST, &format!("{PROJECT}/subscriptions/{topic}:pull"), &ask).await;
        answer["receivedMessages"].as_array().cloned().unwrap_or_default()
    }

    /// Publishes a message.
    pub async fn publish(&self, topic: &str, message: &Value) {
        publish(&self.client, &self.endpoint, topic, message).await;
    }

    /// Serves the place that a bucket's events are sent to, and publishes each to a topic with its `ce-*` headers as
    /// attributes: what Eventarc does.
    pub async fn bridge(&self, topic: &str) -> Bridge {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let lossy = Arc::new(AtomicBool::new(false));
        let (client, endpoint, topic, loses) =
            (self.client.clone(), self.endpoint.clone(), topic.to_owned(), Arc::clone(&lossy));
        let receive = move |headers: HeaderMap, body: Bytes| {
            let (client, endpoint, topic, loses) =
                (client.clone(), endpoint.clone(), topic.clone(), Arc::clone(&loses));
            async move {
                if !loses.load(Ordering::Relaxed) {
                    publish(&client, &endpoint, &topic, &message(&headers, &body)).await;
                }
                StatusCode::NO_CONTENT
            }
        };
        let router = Router::new().fallback(post(receive));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Bridge { url, lossy, serving }
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Value {
        let url = format!("{}/v1/{path}", self.endpoint);
        let answer = self.client.request(method, &url).json(body).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{url}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }
}

/// Where a bucket's events are sent to on their way to a topic.
pub struct Bridge {
    /// `http://HOST:PORT`.
    pub url: String,
    lossy: Arc<AtomicBool>,
    serving: tokio::task::JoinHandle<()>,
}

impl Bridge {
    /// Events are lost from now on, or no longer.
    pub fn loses_events(&self, lossy: bool) {
        self.lossy.store(lossy, Ordering::Relaxed);
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn publish(client: &Client, endpoint: &str, topic: &str, message: &Value) {
    let url = format!("{endpoint}/v1/{}:publish", PubSub::topic_name(topic));
    let answer = client.post(&url).json(&json!({"messages": [message]})).send().await.unwrap();
    assert!(answer.status().is_success(), "{url}: {}", answer.text().await.unwrap());
}

fn message(headers: &HeaderMap, body: &[u8]) -> Value {
    let carried = headers.iter().filter(|(name, _)| name.as_str().starts_with("ce-") || *name == "content-type");
    let attributes: serde_json::Map<String, Value> =
        carried.map(|(name, value)| (name.to_string(), value.to_str().unwrap().into())).collect();
    json!({"data": base64(body), "attributes": attributes})
}

/// Base64, as JSON carries bytes.
pub fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The emulator's program: the SDK lays it out beside its own.
fn jar() -> Option<PathBuf> {
    if !installed("gcloud") || !installed("java") {
        return None;
    }
    #[expect(clippy::disallowed_methods, reason = "where programs are on this machine")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    let gcloud = std::env::split_paths(&path).map(|folder| folder.join("gcloud")).find(|program| program.is_file())?;
    let library = gcloud.canonicalize().ok()?.parent()?.join("../platform/pubsub-emulator/lib");
    let files = std::fs::read_dir(library).into_iter().flatten().flatten().map(|entry| entry.path());
    let found = files.into_iter().find(|file| file.extension().is_some_and(|extension| extension == "jar"));
    #[expect(clippy::print_stderr, reason = "what was not tested is to be seen")]
    if found.is_none() {
        eprintln!("skipped: the Pub/Sub emulator of the gcloud SDK is not installed");
    }
    found
}
