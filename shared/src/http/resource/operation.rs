//! Operations, references to them, and previews of them.

use serde::Serialize;

use crate::digest::Digest;
use crate::http::links;
use crate::operation::OperationId;
use crate::provision::ChangeSummary;
use crate::records::Operation;
use crate::tenant::TenantId;
use crate::tenants::Preview;

/// One operation, as the journal has it.
#[derive(Debug, Serialize)]
pub struct OperationResource {
    #[serde(flatten)]
    operation: Operation,
    links: OperationLinks,
}

#[derive(Debug, Serialize)]
struct OperationLinks {
    #[serde(rename = "self")]
    operation: String,
    tenant: String,
    log: String,
}

impl From<Operation> for OperationResource {
    fn from(operation: Operation) -> Self {
        let links = OperationLinks {
            operation: links::operation(&operation.tenant, operation.id),
            tenant: links::tenant(&operation.tenant),
            log: links::log(&operation.tenant, operation.id),
        };
        Self { operation, links }
    }
}

/// Which operation carries a request out, where the answer is not the tenant.
#[derive(Debug, Serialize)]
pub struct OperationReference {
    tenant: TenantId,
    /// Absent when nothing was to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<OperationId>,
    /// `false`: it goes on; ask for it until its outcome is final.
    finished: bool,
    links: ReferenceLinks,
}

#[derive(Debug, Serialize)]
struct ReferenceLinks {
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    tenant: String,
}

impl OperationReference {
    /// A reference to an operation on a tenant.
    pub fn new(tenant: TenantId, operation: Option<OperationId>, finished: bool) -> Self {
        let links = ReferenceLinks {
            operation: operation.map(|operation| links::operation(&tenant, operation)),
            tenant: links::tenant(&tenant),
        };
        Self { tenant, operation, finished, links }
    }
}

/// What a request would do.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviewResource {
    tenant: TenantId,
    /// In one line, for people.
    summary: String,
    changes: ChangeSummary,
    /// Names the change; where it would be held, what an approval is given to.
    digest: Digest,
    /// Whether the guard would hold it for one.
    held: bool,
}

impl From<Preview> for PreviewResource {
    fn from(preview: Preview) -> Self {
        let Preview { tenant, changes, held, approval } = preview;
        let digest = approval.unwrap_or_else(|| changes.digest());
        Self { tenant, summary: changes.to_string(), digest, changes, held }
    }
}
