//! The plugin directory of WordPress.org, over HTTPS. Its answers have no checksums, so an archive's digest is that of the
//! bytes fetched when it is resolved; whoever fetches it later is held to them.
//!
//! Questions: `GET API/plugins/info/1.2/?action=plugin_information&request[slug]=SLUG`; an unknown plugin is a 404 with
//! `{"error": …}`. Archives: `GET DOWNLOADS/plugin/SLUG.VERSION.zip`, for every version ever tagged.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use tokio::sync::OnceCell;

use super::{Archive, DirectoryError, MOST_ARCHIVE_BYTES, PluginDirectory};
use crate::digest::Hasher;
use crate::plugins::{PluginName, PluginVersion, Source};

/// For a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// For one answer, an archive's last byte included.
const ANSWER: Duration = Duration::from_mins(1);
/// Most bytes of a description; those with every section of the longest page are under 1 MiB.
const MOST_DESCRIPTION_BYTES: u64 = 4 << 20;

/// Where the directory is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectorySettings {
    /// URL of the API, without a slash at its end.
    pub api: String,
    /// URL of the archives, without a slash at its end.
    pub downloads: String,
}

impl Default for DirectorySettings {
    fn default() -> Self {
        Self { api: "https://api.wordpress.org".to_owned(), downloads: "https://downloads.wordpress.org".to_owned() }
    }
}

/// The directory.
pub struct WordPressOrg {
    settings: DirectorySettings,
    /// Made when it is first asked for: it reads the machine's certificates, and most starts of a function ask nothing.
    http: OnceCell<reqwest::Client>,
}

#[derive(Deserialize)]
struct Description {
    #[serde(default)]
    version: String,
    #[serde(default)]
    error: String,
}

impl WordPressOrg {
    /// A client of this directory. Nothing is asked of it yet.
    pub fn new(settings: DirectorySettings) -> Self {
        Self { settings, http: OnceCell::new() }
    }

    async fn get(&self, url: &str, query: &[(&str, &str)]) -> Result<Response, DirectoryError> {
        let http = self.http.get_or_try_init(|| async { client(&self.settings) }).await?;
        http.get(url).query(query).send().await.map_err(|error| unavailable(&error))
    }
}

fn client(settings: &DirectorySettings) -> Result<reqwest::Client, DirectoryError> {
    reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        .https_only(settings.api.starts_with("https:") && settings.downloads.starts_with("https:"))
        .redirect(reqwest::redirect::Policy::limited(3))
        .user_agent(concat!("aipress/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| DirectoryError::Unusable(innermost(&error)))
}

#[async_trait]
impl PluginDirectory for WordPressOrg {
    async fn newest(&self, plugin: &PluginName) -> Result<PluginVersion, DirectoryError> {
        let url = format!("{}/plugins/info/1.2/", self.settings.api);
        let query = [
            ("action", "plugin_information"),
            ("request[slug]", plugin.as_str()),
            ("request[fields][sections]", "0"),
            ("request[fields][versions]", "0"),
        ];
        let response = self.get(&url, &query).await?;
        let status = response.status();
        if !status.is_success() && status != StatusCode::NOT_FOUND {
            return Err(refused(status));
        }
        let mut text = Vec::new();
        each_chunk(response, MOST_DESCRIPTION_BYTES, |chunk| text.extend_from_slice(chunk)).await?;
        let said: Description =
            serde_json::from_slice(&text).map_err(|error| DirectoryError::Unusable(error.to_string()))?;
        if status == StatusCode::NOT_FOUND || !said.error.is_empty() {
            return Err(DirectoryError::NoSuchPlugin { said: said.error });
        }
        said.version.parse().map_err(|error| DirectoryError::Unusable(format!("{error}")))
    }

    async fn archive(&self, plugin: &PluginName, version: &PluginVersion) -> Result<Archive, DirectoryError> {
        let url = format!("{}/plugin/{plugin}.{version}.zip", self.settings.downloads);
        let source: Source = url.parse().map_err(|error| DirectoryError::Unusable(format!("{error}")))?;
        let response = self.get(&url, &[]).await?;
        match response.status() {
            StatusCode::NOT_FOUND => return Err(DirectoryError::NoSuchVersion(version.clone())),
            status if !status.is_success() => return Err(refused(status)),
            _ => {}
        }
        let mut hasher = Hasher::default();
        each_chunk(response, MOST_ARCHIVE_BYTES, |chunk| hasher.update(chunk)).await?;
        Ok(Archive { source, sha256: hasher.finish() })
    }
}

/// Takes a body piece by piece; one that is longer than `most` is given up.
async fn each_chunk(mut response: Response, most: u64, mut take: impl FnMut(&[u8])) -> Result<(), DirectoryError> {
    let mut left = most;
    while let Some(chunk) = response.chunk().await.map_err(|error| unavailable(&error))? {
        left = left.checked_sub(chunk.len() as u64).ok_or(DirectoryError::TooLarge { most })?;
        take(&chunk);
    }
    Ok(())
}

fn refused(status: StatusCode) -> DirectoryError {
    let said = format!("it answers {status}");
    let later =
        status.is_server_error() || [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].contains(&status);
    if later { DirectoryError::Unavailable(said) } else { DirectoryError::Unusable(said) }
}

fn unavailable(error: &reqwest::Error) -> DirectoryError {
    DirectoryError::Unavailable(innermost(error))
}

/// What happened, without the layers above it.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[cfg(test)]
#[path = "wordpress_org_tests.rs"]
mod tests;
