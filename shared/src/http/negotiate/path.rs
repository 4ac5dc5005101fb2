//! Ids in addresses. They are decoded once (`%2f` and `%2e%2e` included) and then either are ids or are refused.

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;

use crate::http::problem::{Kind, Problem, kinds};
use crate::operation::OperationId;
use crate::store::Generation;
use crate::tenant::TenantId;

/// `/tenants/{id}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantPath(pub TenantId);

/// `/tenants/{id}/operations/{operation}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationPath(pub TenantId, pub OperationId);

/// `/tenants/{id}/definitions/{generation}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionPath(pub TenantId, pub Generation);

impl<S: Send + Sync> FromRequestParts<S> for TenantPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(id) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| not_text())?;
        tenant(&id).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for OperationPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let (id, operation) = pair(parts, state).await?;
        let parsed = operation.parse().map_err(|error| refused(kinds::INVALID_OPERATION_ID, &operation, &error));
        Ok(Self(tenant(&id)?, parsed?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for DefinitionPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let (id, text) = pair(parts, state).await?;
        let generation = text.parse().ok().and_then(Generation::new);
        let invalid = || refused(kinds::INVALID_GENERATION, &text, &"a generation is a number above zero");
        Ok(Self(tenant(&id)?, generation.ok_or_else(invalid)?))
    }
}

async fn pair<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<(String, String), Problem> {
    let Path(pair) = Path::<(String, String)>::from_request_parts(parts, state).await.map_err(|_| not_text())?;
    Ok(pair)
}

fn tenant(id: &str) -> Result<TenantId, Problem> {
    id.parse().map_err(|error| refused(kinds::INVALID_TENANT_ID, id, &error))
}

fn refused(kind: &'static Kind, given: &str, why: &dyn std::fmt::Display) -> Problem {
    Problem::new(kind, why.to_string()).with("given", given)
}

fn not_text() -> Problem {
    Problem::new(kinds::INVALID_TENANT_ID, "the address is not UTF-8 once its percent signs are decoded")
}
