//! Being told to stop with a request under way.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::http::serve::{Bounds, ServeError, Stopping, serve_until};

const DRAIN: Duration = Duration::from_millis(500);

struct Served {
    stream: TcpStream,
    ask_to_stop: oneshot::Sender<()>,
    stop: CancellationToken,
    server: tokio::task::JoinHandle<Result<(), ServeError>>,
}

/// A server whose only request is under way, and ends when `answer` says so.
async fn under_way(
    grace: Duration,
    answer: impl Fn(CancellationToken) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> + Clone + Send + Sync + 'static,
) -> Served {
    let (stop, begun) = (CancellationToken::new(), CancellationToken::new());
    let (token, seen) = (stop.clone(), begun.clone());
    let handler = move || {
        seen.cancel();
        let answer = answer(token.clone());
        async move {
            answer.await;
            "done"
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (ask_to_stop, asked) = oneshot::channel();
    let asked = async move {
        let _ = asked.await;
    };
    let router = Router::new().route("/", get(handler));
    let stopping = Stopping { grace, drain: DRAIN, stop: stop.clone() };
    let server = tokio::spawn(serve_until(router, listener, Bounds::default(), stopping, asked));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    begun.cancelled().await;
    Served { stream, ask_to_stop, stop, server }
}

async fn answer(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap_or_default();
    text
}

#[tokio::test]
async fn a_request_under_way_is_answered() {
    let go = CancellationToken::new();
    let wait = go.clone();
    let served = under_way(Duration::from_mins(1), move |_| Box::pin(wait.clone().cancelled_owned())).await;
    served.ask_to_stop.send(()).unwrap();
    go.cancel();
    assert!(answer(served.stream).await.ends_with("done"));
    served.server.await.unwrap().unwrap();
    assert!(!served.stop.is_cancelled());
}

#[tokio::test]
async fn work_that_outlasts_the_grace_is_interrupted_and_still_answers() {
    let served = under_way(Duration::from_millis(50), |stop| Box::pin(stop.cancelled_owned())).await;
    served.ask_to_stop.send(()).unwrap();
    assert!(answer(served.stream).await.ends_with("done"));
    served.server.await.unwrap().unwrap();
    assert!(served.stop.is_cancelled());
}

#[tokio::test]
async fn a_request_that_never_ends_does_not_keep_the_process() {
    let served = under_way(Duration::from_millis(20), |_| Box::pin(std::future::pending())).await;
    served.ask_to_stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(20), served.server).await.unwrap().unwrap().unwrap();
    assert!(served.stop.is_cancelled());
}
