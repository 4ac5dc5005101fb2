//! The requests.

use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tenancy::digest::Digest;
use tenancy::operation::OperationId;
use tenancy::records::Operation;
use tenancy::store::Generation;
use tenancy::tenant::{Format, TenantId};

use super::ApiError;
use super::wire::{DefinitionItem, Fleet, Listed, Preview, Problem, Received, Rollout, TenantDocument};
use crate::settings::Token;

/// The API at one address.
#[derive(Debug)]
pub(crate) struct Api {
    http: reqwest::Client,
    server: Url,
    timeout: Duration,
}

/// What came of sending a definition or a deletion.
#[derive(Debug)]
pub(crate) struct Submitted {
    /// The operation to follow; `None` when there is nothing left to follow.
    pub(crate) operation: Option<OperationId>,
}

struct Answer {
    request: String,
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Api {
    /// An API at an address. A token is sent over TLS or to this machine only.
    pub(crate) fn new(server: &str, token: Option<&Token>, timeout: Duration) -> Result<Self, ApiError> {
        let address = |why: String| ApiError::Address { server: server.to_owned(), why };
        let mut url = Url::parse(server).map_err(|error| address(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(address("it must begin with https:// or http://".to_owned()));
        }
        let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if token.is_some() && url.scheme() == "http" && !here {
            return Err(address("a token is not sent over plain http; use https".to_owned()));
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            let text = format!("Bearer {}", token.as_str());
            let mut value = HeaderValue::from_str(&text).map_err(|_| ApiError::Token)?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(concat!("tenantctl/", env!("CARGO_PKG_VERSION")))
            .timeout(timeout)
            // The API never redirects; who does is a sign-in page or another site.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| address(error.to_string()))?;
        Ok(Self { http, server: url, timeout })
    }

    /// Creates a tenant.
    pub(crate) async fn create(&self, source: &[u8], format: Format) -> Result<Submitted, ApiError> {
        self.submit(self.definition_request(Method::POST, "tenants", source, format)).await
    }

    /// Changes a tenant; the definition there must be of the given generation, if one is given.
    pub(crate) async fn update(
        &self,
        tenant: &TenantId,
        source: &[u8],
        format: Format,
        of: Option<Generation>,
    ) -> Result<Submitted, ApiError> {
        let request = self.definition_request(Method::PUT, &format!("tenants/{tenant}"), source, format);
        self.submit(match of {
            Some(generation) => request.header(header::IF_MATCH, format!("\"{generation}\"")),
            None => request,
        })
        .await
    }

    /// Asks for the newest plugins.
    pub(crate) async fn upgrade_plugins(&self, tenant: &TenantId) -> Result<Submitted, ApiError> {
        self.submit(self.request(Method::POST, &format!("tenants/{tenant}/plugins/upgrade"))).await
    }

    /// The fleet in numbers.
    pub(crate) async fn fleet(&self) -> Result<Received<Fleet>, ApiError> {
        self.json(self.get("fleet")).await
    }

    /// The rollout under way, or the last one.
    pub(crate) async fn rollout(&self) -> Result<Received<Rollout>, ApiError> {
        self.json(self.get("fleet/rollout")).await
    }

    /// Asks the rollout to `pause`, `resume`, `abort` or `undo`.
    pub(crate) async fn order_rollout(&self, order: &str) -> Result<Received<Rollout>, ApiError> {
        let request = self.request(Method::POST, &format!("fleet/rollout/{order}"));
        self.json(request.header(header::ACCEPT, "application/json")).await
    }

    /// Deletes a tenant.
    pub(crate) async fn delete(&self, tenant: &TenantId, force: bool) -> Result<Submitted, ApiError> {
        let force = if force { "?force=true" } else { "" };
        self.submit(self.request(Method::DELETE, &format!("tenants/{tenant}{force}"))).await
    }

    /// Lets through what is held under this digest.
    pub(crate) async fn approve(&self, tenant: &TenantId, digest: Digest) -> Result<Submitted, ApiError> {
        let request = self.request(Method::POST, &format!("tenants/{tenant}/approvals"));
        self.submit(request.json(&serde_json::json!({ "digest": digest }))).await
    }

    /// Brings a deleted tenant back.
    pub(crate) async fn undelete(&self, tenant: &TenantId) -> Result<Submitted, ApiError> {
        self.submit(self.request(Method::POST, &format!("tenants/{tenant}/undelete"))).await
    }

    /// What creating a tenant would do.
    pub(crate) async fn preview_create(&self, source: &[u8], format: Format) -> Result<Received<Preview>, ApiError> {
        self.json(self.definition_request(Method::POST, "tenants?dryRun=true", source, format)).await
    }

    /// What changing a tenant would do.
    pub(crate) async fn preview_update(
        &self,
        tenant: &TenantId,
        source: &[u8],
        format: Format,
    ) -> Result<Received<Preview>, ApiError> {
        let path = format!("tenants/{tenant}?dryRun=true");
        self.json(self.definition_request(Method::PUT, &path, source, format)).await
    }

    /// What deleting a tenant would do.
    pub(crate) async fn preview_delete(&self, tenant: &TenantId) -> Result<Received<Preview>, ApiError> {
        let request = self.request(Method::DELETE, &format!("tenants/{tenant}?dryRun=true"));
        self.json(request.header(header::ACCEPT, "application/json")).await
    }

    /// One tenant.
    pub(crate) async fn tenant(&self, tenant: &TenantId) -> Result<Received<TenantDocument>, ApiError> {
        self.json(self.get(&format!("tenants/{tenant}"))).await
    }

    /// The generation of a tenant's definition; `None` if there is no definition.
    pub(crate) async fn live_generation(&self, tenant: &TenantId) -> Result<Option<Generation>, ApiError> {
        match self.tenant(tenant).await {
            Ok(found) => Ok(found.value.metadata.generation),
            Err(error) if error.is("TENANT_NOT_FOUND") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// One page of a list.
    pub(crate) async fn page(&self, path: &str, query: &[(&str, String)]) -> Result<Listed, ApiError> {
        Ok(self.json(self.get(path).query(query)).await?.value)
    }

    /// One page of a tenant's operations, newest first.
    pub(crate) async fn operations(&self, tenant: &TenantId, query: &[(&str, String)]) -> Result<Listed, ApiError> {
        Ok(self.json(self.get(&format!("tenants/{tenant}/operations")).query(query)).await?.value)
    }

    /// One operation.
    pub(crate) async fn operation(&self, tenant: &TenantId, id: OperationId) -> Result<Received<Operation>, ApiError> {
        self.json(self.get(&format!("tenants/{tenant}/operations/{id}"))).await
    }

    /// One operation's log so far.
    pub(crate) async fn log(&self, tenant: &TenantId, id: OperationId) -> Result<String, ApiError> {
        let request = self.request(Method::GET, &format!("tenants/{tenant}/operations/{id}/log"));
        let answer = self.send(request.header(header::ACCEPT, "text/plain")).await?;
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// The generations of a tenant's definition that are kept, newest first.
    pub(crate) async fn definitions(&self, tenant: &TenantId) -> Result<Vec<Received<DefinitionItem>>, ApiError> {
        let path = format!("tenants/{tenant}/definitions");
        let list: Received<Listed> = self.json(self.get(&path)).await?;
        list.value.items.into_iter().map(|raw| read(&path, raw)).collect()
    }

    /// One generation of a tenant's definition, as it was written.
    pub(crate) async fn definition(
        &self,
        tenant: &TenantId,
        generation: Generation,
    ) -> Result<(Vec<u8>, Format), ApiError> {
        let request = self.request(Method::GET, &format!("tenants/{tenant}/definitions/{generation}"));
        let answer = self.send(request.header(header::ACCEPT, "application/yaml, application/json")).await?;
        let kind = answer.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let format = Format::of_media_type(kind).ok_or_else(|| ApiError::Unreadable {
            request: answer.request.clone(),
            why: format!("'{kind}' is neither YAML nor JSON"),
        })?;
        Ok((answer.body, format))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        // A path of ours always joins; the address itself then answers that nothing is there.
        let url = self.server.join(path).unwrap_or_else(|_| self.server.clone());
        self.http.request(method, url)
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path).header(header::ACCEPT, "application/json")
    }

    fn definition_request(&self, method: Method, path: &str, source: &[u8], format: Format) -> RequestBuilder {
        self.request(method, path)
            .header(header::CONTENT_TYPE, format.media_type())
            .header(header::ACCEPT, "application/json")
            .body(source.to_vec())
    }

    /// Asks for an operation to follow instead of a long wait: a connection that is lost then loses nothing.
    async fn submit(&self, request: RequestBuilder) -> Result<Submitted, ApiError> {
        let request = request.header("prefer", "respond-async").header(header::ACCEPT, "application/json");
        let answer = self.send(request).await?;
        if answer.status != 202 {
            return Ok(Submitted { operation: None });
        }
        let location = answer.headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let operation = location.rsplit('/').next().and_then(|id| id.parse().ok());
        match operation {
            Some(operation) => Ok(Submitted { operation: Some(operation) }),
            None => Err(ApiError::Unreadable {
                request: answer.request,
                why: format!("its Location '{location}' names no operation"),
            }),
        }
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<Received<T>, ApiError> {
        let answer = self.send(request).await?;
        let raw = serde_json::from_slice(&answer.body)
            .map_err(|error| ApiError::Unreadable { request: answer.request.clone(), why: error.to_string() })?;
        read(&answer.request, raw)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, ApiError> {
        let request = request.build().map_err(|error| self.no_answer(&error))?;
        let name = format!("{} {}", request.method(), request.url().path());
        let response = self.http.execute(request).await.map_err(|error| self.no_answer(&error))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.bytes().await.map_err(|error| self.no_answer(&error))?.to_vec();
        let answer = Answer { request: name, status, headers, body };
        if (200..300).contains(&status) { Ok(answer) } else { Err(self.refused(&answer)) }
    }

    fn no_answer(&self, error: &reqwest::Error) -> ApiError {
        if error.is_timeout() {
            return ApiError::TimedOut { server: self.name(), after: self.timeout };
        }
        ApiError::Unreachable { server: self.name(), why: innermost(error) }
    }

    fn refused(&self, answer: &Answer) -> ApiError {
        let text = |name| answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let retry_after: Option<u64> = text(header::RETRY_AFTER).parse().ok();
        let status = answer.status;
        if text(header::CONTENT_TYPE).starts_with("application/problem+json")
            && let Ok(mut problem) = serde_json::from_slice::<Problem>(&answer.body)
        {
            problem.status = status;
            problem.retry_after_seconds = retry_after.or(problem.retry_after_seconds);
            return ApiError::Problem(Box::new(problem));
        }
        let server = self.name();
        match status {
            401 | 403 => ApiError::Unauthorized { server, status },
            429 | 500..=599 => {
                ApiError::FrontDoor { server, status, retry_after: retry_after.map(Duration::from_secs) }
            }
            _ => ApiError::NotTheApi { server, status },
        }
    }

    fn name(&self) -> String {
        self.server.as_str().trim_end_matches('/').to_owned()
    }
}

fn read<T: DeserializeOwned>(request: &str, raw: Value) -> Result<Received<T>, ApiError> {
    let value = serde_json::from_value(raw.clone())
        .map_err(|error| ApiError::Unreadable { request: request.to_owned(), why: error.to_string() })?;
    Ok(Received { raw, value })
}

/// What happened, without the layers above it and without the address, which stands before it already.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
