//! HTTP/1.1 over one connection that is kept: what is measured is the server, not a client. Our own servers answer with a
//! `Content-Length` or without a body, and that is all this reads.

use std::net::SocketAddr;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Failure;

/// One connection.
pub(crate) struct Wire {
    stream: TcpStream,
    buffer: BytesMut,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    /// Its status code.
    pub(crate) status: u16,
    /// Its body.
    pub(crate) body: Vec<u8>,
}

impl Wire {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: BytesMut::with_capacity(1 << 14) })
    }

    /// Sends a request as [`request`] made it, and waits for its answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Reply, Failure> {
        self.stream.write_all(request).await?;
        let head = loop {
            if let Some(at) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break self.buffer.split_to(at + 4);
            }
            self.fill().await?;
        };
        let (status, length) = read_head(&head)?;
        while self.buffer.len() < length {
            self.fill().await?;
        }
        let body = self.buffer[..length].to_vec();
        self.buffer.advance(length);
        Ok(Reply { status, body })
    }

    async fn fill(&mut self) -> Result<(), Failure> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err("the connection was closed before the answer was whole".into()),
            _ => Ok(()),
        }
    }
}

/// A request on the wire.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    format!("{method} {path} HTTP/1.1\r\nhost: bench\r\n{headers}content-length: {length}\r\n\r\n{body}").into_bytes()
}

/// Status and length of the body.
fn read_head(head: &[u8]) -> Result<(u16, usize), Failure> {
    let head = std::str::from_utf8(head)?.to_ascii_lowercase();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).ok_or("no status line")?.parse()?;
    let length =
        lines.find_map(|line| line.strip_prefix("content-length:")).map_or(Ok(0), |text| text.trim().parse())?;
    Ok((status, length))
}

#[cfg(test)]
mod tests {
    use super::read_head;

    #[test]
    fn heads_are_read() {
        assert_eq!(read_head(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n").unwrap(), (200, 12));
        assert_eq!(read_head(b"HTTP/1.1 204 No Content\r\ndate: x\r\n\r\n").unwrap(), (204, 0));
        assert!(read_head(b"nonsense\r\n\r\n").is_err());
    }
}
