//! What tenants, operations, definitions and lists look like on the wire.

mod drift;
mod fleet;
mod operation;
mod rollout;
mod sweep;
mod tenant;

use serde::Serialize;

pub use drift::TenantDriftResource;
pub use fleet::FleetResource;
pub use operation::{OperationReference, OperationResource, PreviewResource};
pub use rollout::RolloutResource;
pub use sweep::SweepResource;
pub use tenant::{DefinitionGeneration, TenantResource, TenantSummaryResource};

/// A page of a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListResource<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Give it as `pageToken` to get the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}
