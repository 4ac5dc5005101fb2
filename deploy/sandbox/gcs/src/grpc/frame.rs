//! gRPC's framing of one message over HTTP/2
//! (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>).

use axum::body::Body;
use axum::response::Response;
use bytes::{BufMut as _, Bytes, BytesMut};
use futures::stream;
use http::{HeaderMap, HeaderValue, header};
use http_body_util::StreamBody;
use hyper::body::Frame;

use super::status::Status;

/// Compressed flag and length.
const PREFIX: usize = 5;

/// The message in a request's body.
pub(super) fn message(body: &[u8]) -> Result<&[u8], Status> {
    let (prefix, message) =
        body.split_first_chunk::<PREFIX>().ok_or_else(|| Status::invalid("a request without a message"))?;
    let [compressed, length @ ..] = *prefix;
    if compressed != 0 {
        return Err(Status::unimplemented("compression"));
    }
    if usize::try_from(u32::from_be_bytes(length)) != Ok(message.len()) {
        return Err(Status::invalid("a message of another length than announced"));
    }
    Ok(message)
}

/// A response with one message and status OK.
pub(super) fn response(message: &[u8]) -> Response {
    let mut framed = BytesMut::with_capacity(PREFIX + message.len());
    framed.put_u8(0);
    // Pages are bounded far below 4 GiB.
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let sent = [Ok::<_, std::convert::Infallible>(Frame::data(framed.freeze())), Ok(Frame::trailers(trailers))];
    let body = Body::new(StreamBody::new(stream::iter(sent)));
    typed(body)
}

/// A response without a message.
pub(super) fn empty() -> Response {
    typed(Body::from(Bytes::new()))
}

fn typed(body: Body) -> Response {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}
