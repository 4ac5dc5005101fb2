//! A body must be there by a deadline: who sends it byte by byte holds a connection, and memory, no longer than that.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use http_body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// What reading a body ends with when its time is up.
#[derive(Debug, thiserror::Error)]
#[error("the body did not come within {} s", .0.as_secs_f32())]
pub(in crate::http) struct TooSlow(pub(in crate::http) Duration);

/// Gives the body of a request so long from now on; then reading it fails with [`TooSlow`].
pub(in crate::http) fn within(deadline: Duration, request: Request) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    request.map(|body| Body::new(Timed { body, deadline, up: Box::pin(sleep(deadline)) }))
}

/// The [`TooSlow`] that reading a body failed with, below whatever wrapped the body since.
pub(in crate::http) fn too_slow(error: &axum::Error) -> Option<&TooSlow> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(slow) = error.downcast_ref() {
            return Some(slow);
        }
        cause = error.source();
    }
    None
}

struct Timed {
    body: Body,
    deadline: Duration,
    up: Pin<Box<Sleep>>,
}

impl HttpBody for Timed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        // A body that goes on and on is late although it is never waited for.
        if self.up.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(axum::Error::new(TooSlow(self.deadline)))));
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
