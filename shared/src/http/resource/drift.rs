//! What of a tenant is not what was applied.

use serde::Serialize;

use super::tenant::TenantLinks;
use crate::records::DriftRecord;
use crate::tenant::TenantId;
use crate::tenants::TenantDrift;

/// One tenant's drift. Paths of attributes, never their values.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantDriftResource {
    name: TenantId,
    #[serde(flatten)]
    drift: DriftRecord,
    links: TenantLinks,
}

impl From<TenantDrift> for TenantDriftResource {
    fn from(found: TenantDrift) -> Self {
        let TenantDrift { tenant, drift } = found;
        Self { links: TenantLinks::of(&tenant), name: tenant, drift }
    }
}
