//! A stand-in for the metadata server and for Cloud Tasks: it takes whatever is posted, and remembers it.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A server; it ends with the test's runtime.
pub(crate) struct TaskQueue {
    /// `HOST:PORT`.
    pub(crate) address: String,
    taken: Arc<Mutex<Vec<(String, Value)>>>,
}

impl TaskQueue {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let taken = Arc::new(Mutex::default());
        let keep = Arc::clone(&taken);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&keep)));
            }
        });
        Self { address, taken }
    }

    /// What was posted so far: the request's first line, and its body.
    pub(crate) fn taken(&self) -> Vec<(String, Value)> {
        self.taken.lock().unwrap().clone()
    }
}

async fn serve(stream: TcpStream, taken: Arc<Mutex<Vec<(String, Value)>>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).await.ok()?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await.ok()?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await.ok()?;
    if first.starts_with("POST ") {
        taken.lock().unwrap().push((first.trim().to_owned(), serde_json::from_slice(&body).unwrap_or_default()));
    }
    let answer = r#"{"access_token":"token"}"#;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        answer.len()
    );
    reader.get_mut().write_all(format!("{head}{answer}").as_bytes()).await.ok()
}
