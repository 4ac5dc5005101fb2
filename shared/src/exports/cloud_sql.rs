//! Exports by Cloud SQL itself, into a bucket: the Admin API over REST.
//!
//! Sources: <https://cloud.google.com/sql/docs/mysql/admin-api/rest/v1/instances/export> and
//! <https://cloud.google.com/sql/docs/mysql/admin-api/rest/v1/operations/get>. An instance does one operation at a time and
//! says so with 409. The instance's own account writes the object: it needs to create objects in the bucket.

use std::time::Duration;

use async_trait::async_trait;
use google_cloud_auth::credentials::{Builder, CacheableResource, Credentials};
use http::{Extensions, HeaderMap, StatusCode};
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{DatabaseExports, DatabaseName, ExportError, ExportJob, ExportRequest, Progress};

/// Where the Admin API is.
pub const ENDPOINT: &str = "https://sqladmin.googleapis.com";
const PATIENCE: Duration = Duration::from_secs(30);

/// The Admin API, and the bucket that exports go to.
pub struct CloudSqlExports {
    endpoint: String,
    bucket: String,
    client: Client,
    /// As the identity this process has; `None`: a server that asks for none.
    credentials: Option<OnceCell<Credentials>>,
}

#[derive(Deserialize)]
struct Operation {
    name: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    error: Value,
}

impl CloudSqlExports {
    /// Google's own, as the identity this process has. Exports go to `bucket`.
    pub fn new(bucket: &str) -> Self {
        let (endpoint, bucket) = (ENDPOINT.to_owned(), bucket.to_owned());
        Self { endpoint, bucket, client: Client::new(), credentials: Some(OnceCell::new()) }
    }

    /// Another server, which is spoken to without credentials.
    pub fn at(endpoint: &str, bucket: &str) -> Self {
        let (endpoint, bucket) = (endpoint.to_owned(), bucket.to_owned());
        Self { endpoint, bucket, client: Client::new(), credentials: None }
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Operation, ExportError> {
        let request = request.headers(self.authorization().await?).timeout(PATIENCE);
        let answer = request.send().await.map_err(|error| later(&error.without_url().to_string()))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| later(&error.without_url().to_string()))?;
        if !status.is_success() {
            return Err(refused(status, &body));
        }
        serde_json::from_slice(&body).map_err(|error| later(&format!("an answer that cannot be read: {error}")))
    }

    async fn authorization(&self) -> Result<HeaderMap, ExportError> {
        let Some(credentials) = &self.credentials else { return Ok(HeaderMap::new()) };
        let made = credentials
            .get_or_try_init(|| async { Builder::default().build() })
            .await
            .map_err(|error| ExportError::Failed { reason: format!("no credentials: {error}") })?;
        match made.headers(Extensions::new()).await {
            Ok(CacheableResource::New { data, .. }) => Ok(data),
            // Only said to who shows a tag.
            Ok(CacheableResource::NotModified) => Ok(HeaderMap::new()),
            Err(error) => Err(later(&format!("no token: {error}"))),
        }
    }
}

fn later(reason: &str) -> ExportError {
    ExportError::Later { reason: reason.to_owned() }
}

/// Busy and broken pass; what is not allowed or not there does not.
fn refused(status: StatusCode, body: &[u8]) -> ExportError {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let reason = said["error"]["message"].as_str().unwrap_or_else(|| status.canonical_reason().unwrap_or("refused"));
    let reason = format!("{} {reason}", status.as_u16());
    match status.as_u16() {
        408 | 409 | 429 | 500..600 => ExportError::Later { reason },
        _ => ExportError::Failed { reason },
    }
}

#[async_trait]
impl DatabaseExports for CloudSqlExports {
    async fn begin(&self, request: &ExportRequest) -> Result<ExportJob, ExportError> {
        let DatabaseName { project, instance, name } = &request.database;
        let uri = format!("gs://{}/graveyard/{}/{}/{name}.sql.gz", self.bucket, request.tenant, request.operation);
        let url = format!("{}/v1/projects/{project}/instances/{instance}/export", self.endpoint);
        let context = json!({"fileType": "SQL", "uri": uri, "databases": [name]});
        let begun = self.ask(self.client.post(url).json(&json!({ "exportContext": context }))).await?;
        Ok(ExportJob { job: begun.name, uri })
    }

    async fn progress(&self, database: &DatabaseName, job: &ExportJob) -> Result<Progress, ExportError> {
        let url = format!("{}/v1/projects/{}/operations/{}", self.endpoint, database.project, job.job);
        let operation = self.ask(self.client.get(url)).await?;
        if operation.status != "DONE" {
            return Ok(Progress::Running);
        }
        match operation.error["errors"].as_array().and_then(|errors| errors.first()) {
            None => Ok(Progress::Done),
            Some(error) => {
                let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
                Err(ExportError::Failed { reason: format!("{} {}", text("code"), text("message")) })
            }
        }
    }
}

#[cfg(test)]
#[path = "cloud_sql_tests.rs"]
mod tests;
