//! Carries batches of spans to a collector, on this process's own HTTP client; to Google's as the identity this process has.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use google_cloud_auth::credentials::{Builder, CacheableResource, Credentials};
use http::{Extensions, HeaderMap, Request, Response};
use opentelemetry_http::{HttpClient, HttpError};
use reqwest::Client;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

use super::SENDING;

/// Whose collector asks who sends.
const GOOGLE: &str = ".googleapis.com";

/// A client that works for who sends from outside the runtime. Made without touching a network.
#[derive(Debug)]
pub(super) struct Courier {
    runtime: Handle,
    sender: Arc<Sender>,
}

#[derive(Debug, Default)]
struct Sender {
    client: OnceCell<Client>,
    /// `None`: a collector that asks for none.
    credentials: Option<OnceCell<Credentials>>,
}

impl Courier {
    pub(super) fn new(endpoint: &str, runtime: Handle) -> Self {
        let host = endpoint.parse::<http::Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
        let is_google = host.is_some_and(|host| host.ends_with(GOOGLE)) && endpoint.starts_with("https://");
        let sender = Sender { client: OnceCell::new(), credentials: is_google.then(OnceCell::new) };
        Self { runtime, sender: Arc::new(sender) }
    }
}

impl Sender {
    async fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        request.headers_mut().extend(self.authorization().await?);
        let client = self.client.get_or_init(async || Client::new()).await;
        let request = reqwest::Request::try_from(request)?;
        let answer = client.execute(request).await.map_err(reqwest::Error::without_url)?;
        let mut response = Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            headers.clone_from(answer.headers());
        }
        Ok(response.body(answer.bytes().await.map_err(reqwest::Error::without_url)?)?)
    }

    async fn authorization(&self) -> Result<HeaderMap, HttpError> {
        let Some(credentials) = &self.credentials else { return Ok(HeaderMap::new()) };
        let made = credentials.get_or_try_init(async || Builder::default().build()).await?;
        match made.headers(Extensions::new()).await? {
            CacheableResource::New { data, .. } => Ok(data),
            // Only said to who shows a tag.
            CacheableResource::NotModified => Ok(HeaderMap::new()),
        }
    }
}

#[async_trait]
impl HttpClient for Courier {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sender = Arc::clone(&self.sender);
        let sending = self.runtime.spawn(async move { tokio::time::timeout(SENDING, sender.send(request)).await });
        sending.await??
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_googles_collector_is_told_who_sends() {
        for (endpoint, expected) in [
            ("https://telemetry.googleapis.com/v1/traces", true),
            ("http://telemetry.googleapis.com/v1/traces", false),
            ("https://telemetry.googleapis.com.example/v1/traces", false),
            ("https://collector.example/?to=.googleapis.com", false),
            ("http://127.0.0.1:4318/v1/traces", false),
        ] {
            let courier = Courier::new(endpoint, Handle::current());
            assert_eq!(courier.sender.credentials.is_some(), expected, "{endpoint}");
        }
    }
}
