//! Bodies that come byte by byte: each is given up at its deadline, with an answer, and its connection is closed.

use std::time::Duration;

use axum::Router;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::world::World;
use crate::http::serve::{Bounds, Stopping, serve_until};
use crate::store::ObjectReader as _;

const DEADLINE: Duration = Duration::from_millis(300);

async fn connected(router: Router) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let bounds = Bounds { body: DEADLINE, ..Bounds::default() };
    let stopping = Stopping { grace: Duration::ZERO, drain: Duration::ZERO, stop: CancellationToken::new() };
    tokio::spawn(serve_until(router, listener, bounds, stopping, std::future::pending()));
    TcpStream::connect(address).await.unwrap()
}

/// Sends a head, then a byte now and then; what is answered until the connection is closed, and after how long.
async fn trickle(router: Router, head: &str) -> (String, Duration) {
    let (mut reading, mut writing) = connected(router).await.into_split();
    writing.write_all(head.as_bytes()).await.unwrap();
    let began = Instant::now();
    // Goes on when it is answered, as who means ill would.
    tokio::spawn(async move {
        while writing.write_all(b"#").await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    });
    let mut answer = Vec::new();
    let closed = timeout(Duration::from_secs(20), reading.read_to_end(&mut answer)).await;
    closed.expect("the connection is still open").unwrap_or_default();
    (String::from_utf8(answer).unwrap(), began.elapsed())
}

#[tokio::test]
async fn a_body_that_trickles_in_is_given_up() {
    let world = World::new();
    let yaml = "Content-Type: application/yaml\r\n";
    for (line, more) in [
        ("POST /tenants", yaml),
        ("PUT /tenants/acme", yaml),
        ("POST /tenants/acme/approvals", "Content-Type: application/json\r\n"),
        ("POST /events", "ce-id: 1\r\nce-specversion: 1.0\r\n"),
        ("POST /assets", ""),
        ("POST /tasks", ""),
    ] {
        let head = format!("{line} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n{more}\r\n");
        let (answer, after) = trickle(world.router.clone(), &head).await;
        let (head, body) = answer.split_once("\r\n\r\n").expect(line);
        assert!(head.starts_with("HTTP/1.1 408 "), "{line}: {head}");
        assert!(head.to_ascii_lowercase().contains("connection: close"), "{line}: {head}");
        let problem: Value = serde_json::from_str(body).unwrap();
        assert_eq!((&problem["reason"], &problem["retryable"]), (&"BODY_TOO_SLOW".into(), &true.into()), "{line}");
        assert!(after < DEADLINE + Duration::from_secs(10), "{line}: {after:?}");
    }
    for store in [&world.definitions, &world.records] {
        assert!(store.list("", None, 10).await.unwrap().items.is_empty());
    }
}
