//! What a request still sends when its answer is known. A sender that is still sending when its connection closes may see
//! the connection reset, and never the answer: so the rest is read and thrown away first, up to a limit.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;

use super::negotiate::MAX_BODY;

/// Most bytes that are thrown away, and for how long: whoever sends more, or more slowly, is cut off.
const MOST: usize = 16 * MAX_BODY;
const LONGEST: Duration = Duration::from_secs(3);

/// Answers when the sender is done, or has sent more than anybody reads.
pub(in crate::http) async fn read_on(request: Request, next: Next) -> Response {
    // Who asks first sends nothing before the answer.
    let asks_first = request.headers().contains_key(header::EXPECT);
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let lent = Lent(Arc::new(Mutex::new(Sent { body, asked_for: false })));
    let response = next.run(Request::from_parts(parts, Body::new(lent.clone()))).await;
    if lent.asked_for() || !asks_first {
        let _ = tokio::time::timeout(LONGEST, discard(lent)).await;
    }
    response
}

async fn discard(mut body: Lent) {
    let mut discarded = 0;
    while discarded < MOST
        && let Some(Ok(frame)) = body.frame().await
    {
        discarded += frame.data_ref().map_or(0, Bytes::len);
    }
}

struct Sent {
    body: Body,
    asked_for: bool,
}

/// A body that comes back: whoever answers may drop it wherever it stands.
#[derive(Clone)]
struct Lent(Arc<Mutex<Sent>>);

impl Lent {
    fn with<T>(&self, read: impl FnOnce(&mut Sent) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn asked_for(&self) -> bool {
        self.with(|sent| sent.asked_for)
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.with(|sent| {
            sent.asked_for = true;
            Pin::new(&mut sent.body).poll_frame(context)
        })
    }

    fn is_end_stream(&self) -> bool {
        self.with(|sent| sent.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.with(|sent| sent.body.size_hint())
    }
}
