//! Comments of pull requests as GitHub's API keeps them.

use std::sync::{Arc, Mutex};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, patch};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A server on a free port; ended when dropped.
pub struct GitHub {
    url: String,
    state: Arc<Comments>,
    task: JoinHandle<()>,
}

struct Comments {
    url: String,
    bodies: Mutex<Vec<String>>,
    tokens: Mutex<Vec<String>>,
}

#[derive(Deserialize)]
struct Paging {
    per_page: usize,
    page: usize,
}

impl GitHub {
    /// Starts one whose pull requests have been discussed by a hundred and twenty others.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let others = (0..120).map(|number| format!("opinion {number}")).collect();
        let state = Arc::new(Comments { url: url.clone(), bodies: Mutex::new(others), tokens: Mutex::default() });
        let comments = get(list).post(create);
        let routes = Router::new()
            .route("/repos/owner/definitions/issues/7/comments", comments)
            .route("/repos/owner/definitions/issues/comments/{number}", patch(rewrite))
            .with_state(Arc::clone(&state));
        let task = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { url, state, task }
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// What was said, but for others' opinions.
    pub fn comments(&self) -> Vec<String> {
        let bodies = self.state.bodies.lock().unwrap();
        bodies.iter().filter(|body| !body.starts_with("opinion")).cloned().collect()
    }

    /// Whether there were requests, all with that authorisation.
    pub fn every_request_had(&self, authorization: &str) -> bool {
        let tokens = self.state.tokens.lock().unwrap();
        !tokens.is_empty() && tokens.iter().all(|token| token == authorization)
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Comments {
    fn note(&self, headers: &HeaderMap) {
        let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        self.tokens.lock().unwrap().push(token.to_owned());
    }

    fn comment(&self, number: usize, body: &str) -> Value {
        json!({"id": number, "url": format!("{}/repos/owner/definitions/issues/comments/{number}", self.url), "body": body})
    }
}

async fn list(State(state): State<Arc<Comments>>, Query(paging): Query<Paging>, headers: HeaderMap) -> Json<Value> {
    state.note(&headers);
    let bodies = state.bodies.lock().unwrap();
    let page = bodies.iter().enumerate().skip(paging.per_page * (paging.page - 1)).take(paging.per_page);
    Json(page.map(|(number, body)| state.comment(number, body)).collect())
}

async fn create(
    State(state): State<Arc<Comments>>,
    headers: HeaderMap,
    Json(new): Json<Value>,
) -> (StatusCode, Json<Value>) {
    state.note(&headers);
    let mut bodies = state.bodies.lock().unwrap();
    bodies.push(new["body"].as_str().unwrap_or_default().to_owned());
    (StatusCode::CREATED, Json(state.comment(bodies.len() - 1, "")))
}

async fn rewrite(
    State(state): State<Arc<Comments>>,
    Path(number): Path<usize>,
    headers: HeaderMap,
    Json(new): Json<Value>,
) -> Json<Value> {
    state.note(&headers);
    new["body"].as_str().unwrap_or_default().clone_into(&mut state.bodies.lock().unwrap()[number]);
    Json(json!({}))
}
