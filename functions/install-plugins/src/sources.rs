//! Files from wherever they lie, and reports to there.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::{Client, StatusCode};
use tenancy::plugins::{Report, Source};
use tenancy::store::document::write_json;
use tenancy::store::gcs::{GcsClients, GcsSettings};
use tenancy::store::{ObjectReader as _, ObjectStore, Precondition, StoreError};

/// Attempts on the web; what a bucket's client retries, it retries itself.
const ATTEMPTS: u32 = 3;

/// Why a file cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    /// There is none.
    #[error("{} does not exist", .0.told())]
    NotFound(Source),
    /// It is bigger than anybody allowed.
    #[error("{} has more than {limit} bytes", .source_of.told())]
    TooBig {
        /// The file.
        source_of: Source,
        /// Bytes.
        limit: usize,
    },
    /// Whoever has it does not give it.
    #[error("{} is refused: {reason}", .source_of.told())]
    Refused {
        /// The file.
        source_of: Source,
        /// What was said.
        reason: String,
    },
    /// Whoever has it does not answer.
    #[error("{} cannot be fetched now: {reason}", .source_of.told())]
    Unavailable {
        /// The file.
        source_of: Source,
        /// What was said.
        reason: String,
    },
}

impl SourceError {
    /// Whether the same call may succeed later.
    pub(crate) const fn retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::NotFound(_) | Self::TooBig { .. } | Self::Refused { .. } => false,
        }
    }
}

/// Whoever fetches.
pub(crate) struct Sources {
    clients: Arc<GcsClients>,
    web: Client,
}

impl Sources {
    /// Over Google's buckets, or a sandbox's; fails if no TLS can be set up.
    pub(crate) fn new(endpoint: Option<String>) -> Result<Self, reqwest::Error> {
        let web = Client::builder().connect_timeout(Duration::from_secs(10)).read_timeout(Duration::from_secs(30));
        let web = web.user_agent(concat!("aipress-install-plugins/", env!("CARGO_PKG_VERSION"))).build()?;
        Ok(Self { clients: GcsClients::new(GcsSettings { endpoint }), web })
    }

    /// A bucket.
    pub(crate) fn bucket(&self, name: &str) -> Arc<dyn ObjectStore> {
        Arc::new(self.clients.bucket(name))
    }

    /// A whole file of at most `limit` bytes.
    pub(crate) async fn read(&self, source: &Source, limit: usize) -> Result<Bytes, SourceError> {
        let found = match source {
            Source::Web(url) => self.download(source, url, limit).await?,
            Source::Object { bucket, name } => {
                let read = self.clients.bucket(bucket).read(name).await.map_err(|error| of_store(source, &error))?;
                read.ok_or_else(|| SourceError::NotFound(source.clone()))?.value
            }
            Source::File(path) => tokio::fs::read(path).await.map_err(|error| of_disk(source, &error))?.into(),
        };
        if found.len() > limit { Err(SourceError::TooBig { source_of: source.clone(), limit }) } else { Ok(found) }
    }

    /// Writes a report; one of an earlier run of the same request makes way.
    pub(crate) async fn write(&self, to: &Source, report: &Report) -> Result<(), SourceError> {
        match to {
            Source::Web(_) => Ok(()),
            Source::File(path) => {
                let text = serde_json::to_vec(report).unwrap_or_default();
                tokio::fs::write(path, text).await.map_err(|error| of_disk(to, &error))
            }
            Source::Object { bucket, name } => {
                let bucket = self.clients.bucket(bucket);
                let earlier = bucket.stat(name).await.map_err(|error| of_store(to, &error))?;
                let when = earlier.map_or(Precondition::Absent, |object| Precondition::Matches(object.generation));
                let written = write_json(&bucket, name, report, BTreeMap::new(), when).await;
                written.map(drop).map_err(|error| of_store(to, &error))
            }
        }
    }

    async fn download(&self, source: &Source, url: &str, limit: usize) -> Result<Bytes, SourceError> {
        let mut attempt = 1;
        loop {
            match self.download_once(source, url, limit).await {
                Err(error) if error.retryable() && attempt < ATTEMPTS => {
                    tracing::warn!(attempt, %error, "fetching again");
                    tokio::time::sleep(Duration::from_millis(250) * 4_u32.pow(attempt - 1)).await;
                    attempt += 1;
                }
                done => return done,
            }
        }
    }

    async fn download_once(&self, source: &Source, url: &str, limit: usize) -> Result<Bytes, SourceError> {
        let unavailable = |reason: String| SourceError::Unavailable { source_of: source.clone(), reason };
        let failed = |error: reqwest::Error| unavailable(error.without_url().to_string());
        let mut answer = self.web.get(url).send().await.map_err(failed)?;
        let status = answer.status();
        if matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            return Err(SourceError::NotFound(source.clone()));
        }
        if status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT) {
            return Err(unavailable(format!("it answers {status}")));
        }
        if !status.is_success() {
            return Err(SourceError::Refused { source_of: source.clone(), reason: format!("it answers {status}") });
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > limit {
                break;
            }
        }
        Ok(body.freeze())
    }
}

fn of_store(source: &Source, error: &StoreError) -> SourceError {
    let (source_of, reason) = (source.clone(), error.to_string());
    if error.retryable() {
        SourceError::Unavailable { source_of, reason }
    } else {
        SourceError::Refused { source_of, reason }
    }
}

fn of_disk(source: &Source, error: &std::io::Error) -> SourceError {
    if error.kind() == ErrorKind::NotFound {
        SourceError::NotFound(source.clone())
    } else {
        SourceError::Refused { source_of: source.clone(), reason: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_signature_in_an_address_is_not_told() {
        let source: Source = "http://127.0.0.1:9/one.zip?X-Goog-Signature=canary".parse().unwrap();
        let error = Sources::new(None).unwrap().read(&source, 1).await.unwrap_err();
        assert!(error.retryable());
        let told = error.to_string();
        assert!(
            told.starts_with("http://127.0.0.1:9/one.zip cannot be fetched now") && !told.contains("canary"),
            "{told}"
        );
    }
}
