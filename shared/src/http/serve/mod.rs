//! A socket or the Lambda runtime, until told to stop.
//!
//! On SIGTERM or SIGINT no new connection is taken; requests under way have a grace period to end by themselves, then
//! [`Stopping::stop`] is cancelled, which interrupts their work, and they have another to save it and say so.

mod connections;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

pub use connections::Bounds;

/// How to serve.
#[derive(Debug, Clone)]
pub struct ServeSettings {
    /// Where from.
    pub front: Front,
    /// What is held of connections, on a socket.
    pub bounds: Bounds,
    /// How to stop.
    pub stopping: Stopping,
}

/// How to stop. Both periods together must be shorter than what a platform waits before it kills.
#[derive(Debug, Clone)]
pub struct Stopping {
    /// How long requests under way may go on after a signal.
    pub grace: Duration,
    /// How long they may take once their work is interrupted.
    pub drain: Duration,
    /// Cancelled when work under way must be interrupted.
    pub stop: CancellationToken,
}

/// Where requests come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    /// A socket. Port 0: any free one.
    Socket(SocketAddr),
    /// The Lambda runtime API; its address is in the environment, where its client looks it up.
    Lambda,
}

/// Serving could not begin, or broke off.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {reason}; choose another port with PORT")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        reason: std::io::Error,
    },
    /// Signals cannot be received.
    #[error("cannot wait for signals: {0}")]
    Signals(std::io::Error),
    /// The socket broke.
    #[error("serving broke off: {0}")]
    Broken(std::io::Error),
    /// The Lambda runtime API broke.
    #[error("the Lambda runtime API broke off: {0}")]
    Lambda(String),
}

/// Serves until told to stop.
pub async fn serve(router: Router, settings: ServeSettings) -> Result<(), ServeError> {
    match settings.front {
        Front::Lambda => lambda_http::run(router).await.map_err(|error| ServeError::Lambda(error.to_string())),
        Front::Socket(address) => {
            let listen = |reason| ServeError::Listen { address, reason };
            let listener = TcpListener::bind(address).await.map_err(listen)?;
            let bound = listener.local_addr().map_err(listen)?;
            tracing::info!(address = %bound, "serving");
            serve_on(router, listener, settings.bounds, settings.stopping).await
        }
    }
}

/// Serves on an open socket until a signal tells it to stop.
pub async fn serve_on(
    router: Router,
    listener: TcpListener,
    bounds: Bounds,
    stopping: Stopping,
) -> Result<(), ServeError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Signals)?;
    let asked = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    serve_until(router, listener, bounds, stopping, asked).await
}

/// Serves on an open socket until `asked` is over, then as described in this module.
pub async fn serve_until(
    router: Router,
    listener: TcpListener,
    bounds: Bounds,
    stopping: Stopping,
    asked: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let Stopping { grace, drain, stop } = stopping;
    let draining = CancellationToken::new();
    let begin = draining.clone();
    let asked = async move {
        asked.await;
        tracing::info!("asked to stop: no new requests");
        begin.cancel();
    };
    let server = connections::serve(router, listener, bounds, asked);
    let deadline = async {
        draining.cancelled().await;
        tokio::time::sleep(grace).await;
        stop.cancel();
        tokio::time::sleep(drain).await;
    };
    tokio::select! {
        ended = server => ended.map_err(ServeError::Broken),
        () = deadline => {
            tracing::warn!("requests were still under way at the end of the grace period");
            Ok(())
        }
    }
}
