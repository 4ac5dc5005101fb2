//! Query parameters and page tokens. An unknown parameter is refused: `?dryrun=true` must not change anything.

use axum::extract::{FromRequestParts, Query};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Uri;
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::path::TenantPath;
use crate::http::problem::{Problem, kinds};
use crate::operation::OperationId;
use crate::tenant::TenantId;
use crate::tenants::{Cursor, ListFilter};

/// Items on a page that says nothing else.
const DEFAULT_LIMIT: usize = 100;
/// Most items on a page.
const MOST: usize = 1000;

/// `?dryRun=true`: say what would be done, and do nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DryRun(pub bool);

/// Parameters of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeleteParameters {
    /// `dryRun`.
    pub dry: bool,
    /// `force`: without an export of the database.
    pub force: bool,
}

/// The address takes no parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoParameters;

/// Parameters of the list of tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListParameters {
    /// `phase`, `drifted`.
    pub filter: ListFilter,
    /// `limit`.
    pub limit: usize,
    /// `pageToken`.
    pub from: Cursor,
}

/// Parameters of the fleet's drift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftParameters {
    /// `limit`.
    pub limit: usize,
    /// `pageToken`.
    pub from: Cursor,
}

/// Parameters of a tenant's list of operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationsParameters {
    /// `limit`.
    pub limit: usize,
    /// `pageToken`.
    pub before: Option<OperationId>,
}

impl<S: Send + Sync> FromRequestParts<S> for DryRun {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut given = Given::read(&parts.uri, &["dryRun"])?;
        Ok(Self(given.boolean("dryRun")?.unwrap_or_default()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for DeleteParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut given = Given::read(&parts.uri, &["dryRun", "force"])?;
        let dry = given.boolean("dryRun")?.unwrap_or_default();
        Ok(Self { dry, force: given.boolean("force")?.unwrap_or_default() })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for NoParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Given::read(&parts.uri, &[]).map(|_| Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ListParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut given = Given::read(&parts.uri, &["limit", "pageToken", "phase", "drifted"])?;
        let phase = given.take("phase").map(|phase| {
            serde_json::from_value(phase.clone().into()).map_err(|error| refused("phase", &phase, &error.to_string()))
        });
        let filter = ListFilter { phase: phase.transpose()?, drifted: given.boolean("drifted")? };
        let from = given.page(&PageMark::of_list(filter))?.unwrap_or_default();
        Ok(Self { filter, limit: given.limit()?, from })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for DriftParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut given = Given::read(&parts.uri, &["limit", "pageToken"])?;
        let from = given.page(&PageMark::of_drift())?.unwrap_or_default();
        Ok(Self { limit: given.limit()?, from })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for OperationsParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let TenantPath(tenant) = TenantPath::from_request_parts(parts, state).await?;
        let mut given = Given::read(&parts.uri, &["limit", "pageToken"])?;
        let before = given.page(&PageMark::of_operations(&tenant))?;
        Ok(Self { limit: given.limit()?, before })
    }
}

/// Names the list a page token belongs to, filter included: a token of another one is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageMark(String);

impl PageMark {
    /// Of the list of tenants under a filter.
    pub fn of_list(filter: ListFilter) -> Self {
        Self(format!("tenants {:?} {:?}", filter.phase, filter.drifted))
    }

    /// Of the fleet's drift.
    pub fn of_drift() -> Self {
        Self("drift".to_owned())
    }

    /// Of a tenant's operations.
    pub fn of_operations(tenant: &TenantId) -> Self {
        Self(format!("operations {tenant}"))
    }
}

/// Version 1 of what is in a page token. Opaque to clients, so it may change; an old one is then refused, not misread.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Token<C> {
    v: u8,
    list: String,
    at: C,
}

/// The token of the page that begins at `at`.
pub fn page_token<C: Serialize>(mark: PageMark, at: C) -> String {
    let token = Token { v: 1, list: mark.0, at };
    // A cursor is plain data with string keys: it always serialises.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&token).unwrap_or_default())
}

fn read_token<C: DeserializeOwned>(mark: &PageMark, text: &str) -> Option<C> {
    let token: Token<C> = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    (token.v == 1 && token.list == mark.0).then_some(token.at)
}

/// What was given, each name at most once and known.
struct Given(Vec<(String, String)>);

impl Given {
    fn read(uri: &Uri, known: &[&str]) -> Result<Self, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|error| Problem::new(kinds::INVALID_PARAMETER, error.body_text()))?;
        for (at, (name, _)) in pairs.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                return Err(unknown(name, known));
            }
            if pairs[..at].iter().any(|(earlier, _)| earlier == name) {
                let detail = format!("'{name}' is given twice");
                return Err(Problem::new(kinds::INVALID_PARAMETER, detail).with("parameter", name));
            }
        }
        Ok(Self(pairs))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(given, _)| given == name)?;
        Some(self.0.swap_remove(at).1)
    }

    fn boolean(&mut self, name: &str) -> Result<Option<bool>, Problem> {
        let Some(text) = self.take(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| refused(name, &text, "write true or false"))
    }

    fn limit(&mut self) -> Result<usize, Problem> {
        let Some(text) = self.take("limit") else { return Ok(DEFAULT_LIMIT) };
        let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
        limit.ok_or_else(|| refused("limit", &text, &format!("write a number from 1 to {MOST}")))
    }

    fn page<C: DeserializeOwned>(&mut self, mark: &PageMark) -> Result<Option<C>, Problem> {
        let Some(text) = self.take("pageToken") else { return Ok(None) };
        let detail = "the token is not one this list gave out under this filter; begin again without one";
        read_token(mark, &text).map(Some).ok_or_else(|| Problem::new(kinds::INVALID_PAGE_TOKEN, detail))
    }
}

fn refused(name: &str, given: &str, why: &str) -> Problem {
    let detail = format!("'{name}' is '{given}': {why}");
    Problem::new(kinds::INVALID_PARAMETER, detail).with("parameter", name)
}

fn unknown(name: &str, known: &[&str]) -> Problem {
    let near =
        known.iter().filter(|known| strsim::damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase()) <= 2);
    let detail = match (near.clone().next(), known) {
        (Some(near), _) => format!("there is no parameter '{name}' here; write '{near}'"),
        (None, []) => format!("there is no parameter '{name}' here; this address takes none"),
        (None, known) => format!("there is no parameter '{name}' here; known are {}", known.join(", ")),
    };
    Problem::new(kinds::INVALID_PARAMETER, detail).with("parameter", name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Phase;

    #[test]
    fn a_token_belongs_to_its_list_and_filter() {
        let ready = ListFilter { phase: Some(Phase::Ready), drifted: None };
        let token = page_token(PageMark::of_list(ready), Cursor::default());
        assert_eq!(read_token(&PageMark::of_list(ready), &token), Some(Cursor::default()));
        assert_eq!(read_token::<Cursor>(&PageMark::of_list(ListFilter::default()), &token), None);
        let operations = |tenant: &str| PageMark::of_operations(&tenant.parse().unwrap());
        assert_eq!(read_token::<OperationId>(&operations("acme"), &token), None);
        let operation: OperationId = "01KDVDNA000000000000000001".parse().unwrap();
        let token_of_acme = page_token(operations("acme"), operation);
        assert_eq!(read_token(&operations("acme"), &token_of_acme), Some(operation));
        assert_eq!(read_token::<OperationId>(&operations("acme-2"), &token_of_acme), None);
        for bad in ["", "x", "%%%", "e30", &token[1..]] {
            assert_eq!(read_token::<Cursor>(&PageMark::of_list(ready), bad), None, "{bad}");
        }
    }
}
