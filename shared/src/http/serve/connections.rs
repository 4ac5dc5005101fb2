//! Connections: no more at a time than there is memory for, and none that only waits or trickles. The others wait where the
//! system lets them, outside.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::serve::Listener;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt as _;

use crate::http::body_deadline::within;

/// What is held of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// At a time.
    pub connections: usize,
    /// From the end of one request, or the beginning, until the next one's head is there; then the connection is closed.
    pub head: Duration,
    /// From a request's head until its body is there; then it is answered so, and the connection is closed.
    pub body: Duration,
}

/// What the variables that say otherwise say when they are not set.
impl Default for Bounds {
    fn default() -> Self {
        Self { connections: 1_000, head: Duration::from_secs(30), body: Duration::from_secs(30) }
    }
}

/// Serves until `asked` is over; then what is under way is answered, and nothing new.
pub(super) async fn serve(
    router: Router,
    mut listener: TcpListener,
    bounds: Bounds,
    asked: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let permits = Arc::new(Semaphore::new(bounds.connections.clamp(1, Semaphore::MAX_PERMITS)));
    let graceful = GracefulShutdown::new();
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(bounds.head);
    let mut asked = pin!(asked);
    loop {
        let (stream, permit) = tokio::select! {
            accepted = accept(&mut listener, &permits) => accepted?,
            () = &mut asked => break,
        };
        let timed = move |request: Request<Incoming>| within(bounds.body, request.map(Body::new));
        let service = TowerToHyperService::new(router.clone().map_request(timed));
        let connection = graceful.watch(server.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A client that goes away, or that never says what it wants, is no event.
            let _ = connection.await;
            drop(permit);
        });
    }
    drop(listener);
    graceful.shutdown().await;
    Ok(())
}

/// The next connection, once there is room for it. What goes wrong with one that comes is the client's, or over soon.
async fn accept(listener: &mut TcpListener, permits: &Arc<Semaphore>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = Listener::accept(listener).await;
    Ok((stream, permit))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::timeout;

    use super::*;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    async fn served(bounds: Bounds) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(async || "done"));
        tokio::spawn(serve(router, listener, bounds, std::future::pending()));
        address
    }

    async fn rest(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap_or_default();
        text
    }

    #[tokio::test]
    async fn one_connection_too_many_waits_until_another_ends() {
        let address = served(Bounds { connections: 2, ..Bounds::default() }).await;
        let idle = [TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap()];
        let mut third = TcpStream::connect(address).await.unwrap();
        third.write_all(REQUEST).await.unwrap();
        assert!(timeout(Duration::from_millis(300), third.readable()).await.is_err(), "there is no room");
        drop(idle);
        assert!(timeout(Duration::from_secs(20), rest(&mut third)).await.unwrap().ends_with("done"));
    }

    #[tokio::test]
    async fn who_never_says_what_it_wants_is_not_waited_for() {
        let address = served(Bounds { connections: 1, head: Duration::from_millis(200), ..Bounds::default() }).await;
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nHost: ").await.unwrap();
        let mut next = TcpStream::connect(address).await.unwrap();
        next.write_all(REQUEST).await.unwrap();
        assert!(timeout(Duration::from_secs(20), rest(&mut next)).await.unwrap().ends_with("done"));
        assert!(!rest(&mut slow).await.contains("done"));
    }
}
