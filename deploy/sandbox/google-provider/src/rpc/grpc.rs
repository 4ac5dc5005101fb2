//! gRPC, as much as a provider needs: one message in, one message out.

use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::{HeaderMap, HeaderValue, Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};

use super::answer::{Status, answer};
use crate::provider::Provider;

const SERVICE: &str = "/tfplugin6.Provider/";
/// Flag and length before a message.
const HEAD: usize = 5;
/// Wide enough that a state or a schema is never held up.
const WINDOW: u32 = 8 << 20;

/// Answers calls, several at once, until the connection ends.
pub(super) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, provider: Arc<Provider>) {
    let mut builder = h2::server::Builder::new();
    builder.initial_window_size(WINDOW).initial_connection_window_size(WINDOW).max_concurrent_streams(256);
    let Ok(mut connection) = builder.handshake::<_, Bytes>(stream).await else {
        return;
    };
    while let Some(Ok((request, respond))) = connection.accept().await {
        let provider = Arc::clone(&provider);
        // A call whose connection is gone has nobody to tell.
        tokio::spawn(async move { call(request, respond, &provider).await.unwrap_or_default() });
    }
}

async fn call(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    provider: &Provider,
) -> Result<(), h2::Error> {
    let (parts, body) = request.into_parts();
    let message = receive(body).await?;
    let answered = match parts.uri.path().strip_prefix(SERVICE) {
        Some(method) if message.len() >= HEAD => answer(provider, method, &message[HEAD..]).await,
        _ => Err(Status::Unimplemented),
    };
    let mut response = Response::new(());
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    let mut stream = respond.send_response(response, false)?;
    let mut trailers = HeaderMap::new();
    match answered {
        Ok(message) => {
            stream.send_data(frame(&message), false)?;
            trailers.insert("grpc-status", HeaderValue::from_static("0"));
        }
        Err(status) => {
            trailers.insert("grpc-status", HeaderValue::from(status.code()));
            trailers.insert("grpc-message", HeaderValue::from_static(status.message()));
        }
    }
    stream.send_trailers(trailers)
}

async fn receive(mut body: RecvStream) -> Result<Bytes, h2::Error> {
    let mut message = BytesMut::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        body.flow_control().release_capacity(chunk.len())?;
        message.extend_from_slice(&chunk);
    }
    if message.len() >= HEAD && message[0] != 0 {
        return Err(Reason::PROTOCOL_ERROR.into());
    }
    Ok(message.freeze())
}

fn frame(message: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(HEAD + message.len());
    frame.put_u8(0);
    frame.put_u32(message.len().try_into().unwrap_or(u32::MAX));
    frame.put_slice(message);
    frame.freeze()
}
