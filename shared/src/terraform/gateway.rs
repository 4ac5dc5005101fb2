//! The state gateway: Terraform's http backend on the loopback address, over the state bucket.
//!
//! Protocol: <https://developer.hashicorp.com/terraform/language/backend/http>. One listener serves all runs; each has
//! a path and a password of its own, and what it may do is its [`Session`]. State is never logged.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use tokio::task::JoinHandle;

use super::session::{Reply, Session};
use crate::digest::Digest;

/// A tenant's state has some ten resources; 64 MiB is out of reach, and below what would hurt.
const LARGEST_STATE: usize = 64 << 20;
/// Who every run is to the gateway; its password tells it apart.
const USER: &str = "run";

/// The listener. It closes when this is dropped.
pub(super) struct Gateway {
    address: SocketAddr,
    sessions: Arc<Sessions>,
    server: JoinHandle<()>,
}

/// A session that is open for requests until this is dropped.
pub(super) struct OpenSession {
    /// Where the process finds its state.
    pub(super) url: String,
    /// With which user name.
    pub(super) user: &'static str,
    /// With which password. Good for this session only.
    pub(super) password: String,
    /// The session itself.
    pub(super) session: Arc<tokio::sync::Mutex<Session>>,
    path: String,
    sessions: Arc<Sessions>,
}

#[derive(Default)]
struct Sessions(Mutex<HashMap<String, Entry>>);

#[derive(Clone)]
struct Entry {
    /// Digest of the expected `Authorization` header: comparing digests takes the same time whatever was sent.
    authorization: Digest,
    session: Arc<tokio::sync::Mutex<Session>>,
}

impl Gateway {
    /// Opens a free port on the loopback address.
    pub(super) async fn open() -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let sessions = Arc::new(Sessions::default());
        let router = router(Arc::clone(&sessions));
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the state gateway stopped");
            }
        });
        Ok(Self { address, sessions, server })
    }

    /// Where nothing is: a process that only wants to know that there is no state finds 404 there.
    pub(super) fn nowhere(&self) -> String {
        format!("http://{}/none", self.address)
    }

    /// Serves a session.
    pub(super) fn serve(&self, session: Session) -> OpenSession {
        let (path, password) = (format!("/{}", random_word()), random_word());
        let credentials = BASE64_STANDARD.encode(format!("{USER}:{password}"));
        let authorization = Digest::of(format!("Basic {credentials}").as_bytes());
        let session = Arc::new(tokio::sync::Mutex::new(session));
        self.sessions.with(|open| open.insert(path.clone(), Entry { authorization, session: Arc::clone(&session) }));
        let url = format!("http://{}{path}", self.address);
        OpenSession { url, user: USER, password, session, path, sessions: Arc::clone(&self.sessions) }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        self.sessions.with(|open| open.remove(&self.path));
    }
}

impl Sessions {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<String, Entry>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn router(sessions: Arc<Sessions>) -> Router {
    Router::new().fallback(serve).with_state(sessions)
}

/// 256 random bits, as text that fits a URL.
fn random_word() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

async fn serve(State(sessions): State<Arc<Sessions>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Some(entry) = sessions.with(|open| open.get(head.uri.path()).cloned()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if !is_authorized(&head.headers, entry.authorization) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(body) = to_bytes(body, LARGEST_STATE).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    // A process that is killed hangs up: what it asked for last is carried out all the same, or the session would know
    // nothing of a lock or a state that the store has.
    let carried_out = tokio::spawn(async move { carry_out(&entry.session, &head, body).await });
    carried_out.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn carry_out(session: &tokio::sync::Mutex<Session>, head: &Parts, body: Bytes) -> Response {
    let mut session = session.lock().await;
    let reply = match head.method.as_str() {
        _ if session.is_over() => Reply::Refused("the run is over".to_owned()),
        "GET" => session.get().await,
        "POST" => session.save(lock_id(head.uri.query()), body).await,
        "LOCK" => session.lock(&body).await,
        "UNLOCK" => session.unlock().await,
        _ => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
    };
    respond(reply)
}

fn is_authorized(headers: &HeaderMap, expected: Digest) -> bool {
    headers.get(header::AUTHORIZATION).is_some_and(|sent| Digest::of(sent.as_bytes()) == expected)
}

/// The lock's id from the query of a save. It is a UUID: nothing in it is encoded.
fn lock_id(query: Option<&str>) -> Option<&str> {
    query?.split('&').find_map(|pair| pair.strip_prefix("ID="))
}

fn respond(reply: Reply) -> Response {
    match reply {
        Reply::Done => StatusCode::OK.into_response(),
        Reply::State(body) => ([(header::CONTENT_TYPE, "application/json")], Body::from(body)).into_response(),
        Reply::NoState => StatusCode::NOT_FOUND.into_response(),
        Reply::Held(body) => (StatusCode::LOCKED, Body::from(body)).into_response(),
        Reply::Refused(reason) => (StatusCode::CONFLICT, reason).into_response(),
        Reply::Later(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason).into_response(),
    }
}

#[cfg(test)]
#[path = "gateway_tests.rs"]
mod tests;
