//! Requests over HTTP, as any client would send them, and what came back.

use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

/// Whatever serves at an address.
#[derive(Debug, Clone)]
pub struct Api {
    url: String,
    client: Client,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status code.
    pub status: StatusCode,
    /// Its media type.
    pub kind: Option<String>,
    /// Its entity tag, quotes and all.
    pub etag: Option<String>,
    /// Where to look on.
    pub location: Option<String>,
    /// Its body; `Null` if it is not JSON.
    pub body: Value,
    /// Its body as it came.
    pub text: String,
}

impl Api {
    /// At `http://HOST:PORT`.
    pub fn new(url: String) -> Self {
        Self { url, client: Client::new() }
    }

    /// `http://HOST:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sends a request with a body (YAML, if there is one).
    pub async fn send(&self, method: Method, path: &str, body: Option<&str>, headers: &[(&str, &str)]) -> Answer {
        let yaml = [("content-type", "application/yaml")];
        let all: Vec<(&str, &str)> = body.map(|_| yaml).into_iter().flatten().chain(headers.iter().copied()).collect();
        self.send_bytes(method, path, body.map(|body| body.as_bytes().to_vec()), &all).await
    }

    /// Sends a request with a body of any bytes, and no header but the ones given.
    pub async fn send_bytes(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        answer(request.send().await.unwrap()).await
    }

    /// The same to a server that may die meanwhile: whatever comes of it.
    pub async fn try_send(&self, method: Method, path: &str, body: Option<&str>) {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.header("content-type", "application/yaml").body(body.to_owned());
        }
        if let Ok(response) = request.send().await {
            let _ = response.bytes().await;
        }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }
}

async fn answer(response: reqwest::Response) -> Answer {
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (status, kind) = (response.status(), header("content-type"));
    let (etag, location) = (header("etag"), header("location"));
    let text = response.text().await.unwrap();
    Answer { status, kind, etag, location, body: serde_json::from_str(&text).unwrap_or_default(), text }
}
