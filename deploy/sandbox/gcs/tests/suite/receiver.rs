//! A subscriber that remembers what it was sent and answers as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tokio::task::JoinHandle;

/// One delivery.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) headers: HeaderMap,
    pub(crate) body: serde_json::Value,
}

impl Delivery {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// What happened to which object, in short.
    pub(crate) fn what(&self) -> (String, String) {
        let kind = self.header("ce-type").rsplit('.').next().unwrap().to_owned();
        (kind, self.body["generation"].as_str().unwrap().to_owned())
    }
}

#[derive(Debug, Default)]
struct Seen {
    deliveries: Vec<Delivery>,
    answers: VecDeque<u16>,
}

pub(crate) struct Receiver {
    seen: Arc<Mutex<Seen>>,
    port: u16,
    task: JoinHandle<()>,
}

impl Receiver {
    /// Answers with `answers`, one after the other, then 204.
    pub(crate) async fn start(answers: &[u16]) -> Self {
        Self::start_on(0, answers).await
    }

    pub(crate) async fn start_on(port: u16, answers: &[u16]) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen { answers: answers.iter().copied().collect(), ..Seen::default() }));
        let router = Router::new().route("/", post(receive)).with_state(Arc::clone(&seen));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { seen, port, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.seen.lock().unwrap().deliveries.clone()
    }

    /// The distinct events so far: events come at least once.
    pub(crate) fn events(&self) -> Vec<(String, String)> {
        let mut events: Vec<_> = self.deliveries().iter().map(Delivery::what).collect();
        events.sort();
        events.dedup();
        events
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn receive(State(seen): State<Arc<Mutex<Seen>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut seen = seen.lock().unwrap();
    seen.deliveries.push(Delivery { headers, body: serde_json::from_slice(&body).unwrap() });
    let answer = seen.answers.pop_front().unwrap_or(204);
    StatusCode::from_u16(answer).unwrap()
}
