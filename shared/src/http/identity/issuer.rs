//! The keys of an issuer, over HTTP: its discovery document says where they are (`OpenID` Connect Discovery §4).

use std::time::Duration;

use async_trait::async_trait;
use jsonwebtoken::jwk::JwkSet;
use reqwest::{Client, Url, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::keys::KeySource;

const TIMEOUT: Duration = Duration::from_secs(5);
/// Google's two documents have 4 KiB together.
const MOST_BYTES: usize = 256 * 1024;

/// Who issues tokens.
#[derive(Debug, Clone)]
pub struct Issuer {
    name: String,
    discovery: Url,
    http: Client,
}

/// The text names no issuer that can be asked.
#[derive(Debug, thiserror::Error)]
pub enum InvalidIssuer {
    /// No URL, or not a safe one.
    #[error("'{0}' is no issuer: an https address, or an http address of this machine")]
    Address(String),
    /// Requests cannot be made at all.
    #[error("requests cannot be made: {0}")]
    Client(#[from] reqwest::Error),
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Issuer {
    /// The issuer of this name, which is the address it can be asked at.
    pub fn new(name: &str) -> Result<Self, InvalidIssuer> {
        let name = name.trim_end_matches('/');
        let discovery = safe(&format!("{name}/.well-known/openid-configuration"));
        let discovery = discovery.ok_or_else(|| InvalidIssuer::Address(name.to_owned()))?;
        let http = Client::builder().timeout(TIMEOUT).redirect(redirect::Policy::none()).build()?;
        Ok(Self { name: name.to_owned(), discovery, http })
    }

    /// How it may call itself in a token. Google does so with and without its scheme (read in its documentation of `OpenID`
    /// Connect).
    pub(super) fn names(&self) -> Vec<String> {
        let bare = self.name.strip_prefix("https://").filter(|bare| *bare == "accounts.google.com");
        std::iter::once(self.name.as_str()).chain(bare).map(str::to_owned).collect()
    }

    async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T, String> {
        let failed = |error: reqwest::Error| error.without_url().to_string();
        let mut answer = self.http.get(url.clone()).send().await.map_err(failed)?.error_for_status().map_err(failed)?;
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(failed)? {
            body.extend_from_slice(&part);
            if body.len() > MOST_BYTES {
                return Err(format!("{url} answered with more than {MOST_BYTES} bytes"));
            }
        }
        serde_json::from_slice(&body).map_err(|error| format!("{url} answered with something else: {error}"))
    }
}

#[async_trait]
impl KeySource for Issuer {
    async fn fetch(&self) -> Result<JwkSet, String> {
        let Discovery { issuer, jwks_uri } = self.get(self.discovery.clone()).await?;
        if issuer.trim_end_matches('/') != self.name {
            return Err(format!("{} speaks for issuer '{issuer}'", self.discovery));
        }
        let keys = safe(&jwks_uri).ok_or_else(|| format!("its keys are at '{jwks_uri}', which is not https"))?;
        self.get(keys).await
    }
}

/// An address whose answer nobody on the way can change.
fn safe(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    (url.scheme() == "https" || (url.scheme() == "http" && here)).then_some(url)
}
