//! A tenant: its definition as its owner wrote it, with what is known of it beside.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::http::links;
use crate::records::{Status, StatusSummary, StoredDefinition};
use crate::store::Generation;
use crate::tenant::{self, API_VERSION, Definition, Format, KIND, Spec, TenantId};
use crate::tenants::{DefinitionView, TenantSummary, TenantView};

/// One tenant.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantResource {
    api_version: &'static str,
    kind: &'static str,
    metadata: MetadataResource,
    /// Absent without a definition, and with one that cannot be read: the status says which.
    #[serde(skip_serializing_if = "Option::is_none")]
    spec: Option<Spec>,
    /// Absent for a definition nobody has looked at yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    links: TenantLinks,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct MetadataResource {
    name: TenantId,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<Generation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
pub(super) struct TenantLinks {
    #[serde(rename = "self")]
    tenant: String,
    operations: String,
    definitions: String,
}

impl TenantLinks {
    pub(super) fn of(tenant: &TenantId) -> Self {
        Self {
            tenant: links::tenant(tenant),
            operations: links::operations(tenant),
            definitions: links::definitions(tenant),
        }
    }
}

impl From<TenantView> for TenantResource {
    fn from(view: TenantView) -> Self {
        let TenantView { tenant, definition, status } = view;
        let (generation, updated) = definition.as_ref().map(|view| (view.generation, view.updated)).unzip();
        let written = definition.as_ref().and_then(read);
        let links = TenantLinks::of(&tenant);
        let (display_name, labels, spec) = match written {
            Some(Definition { metadata, spec, .. }) => (metadata.display_name, metadata.labels, Some(spec)),
            None => (None, BTreeMap::new(), None),
        };
        let metadata = MetadataResource { name: tenant, display_name, labels, generation, updated };
        Self { api_version: API_VERSION, kind: KIND, metadata, spec, status, links }
    }
}

fn read(view: &DefinitionView) -> Option<Definition> {
    tenant::parse(&view.source, view.format).ok()
}

/// One tenant in a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantSummaryResource {
    name: TenantId,
    /// When the status was last written.
    updated: Timestamp,
    #[serde(flatten)]
    summary: StatusSummary,
    links: TenantLinks,
}

impl From<TenantSummary> for TenantSummaryResource {
    fn from(found: TenantSummary) -> Self {
        let TenantSummary { tenant, summary, updated } = found;
        Self { links: TenantLinks::of(&tenant), name: tenant, updated, summary }
    }
}

/// One generation of a definition.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DefinitionGeneration {
    generation: Generation,
    updated: Timestamp,
    media_type: &'static str,
    links: DefinitionLinks,
}

#[derive(Debug, Serialize)]
struct DefinitionLinks {
    #[serde(rename = "self")]
    definition: String,
}

impl From<StoredDefinition> for DefinitionGeneration {
    fn from(stored: StoredDefinition) -> Self {
        let StoredDefinition { object, generation, updated } = stored;
        let definition = links::definition(&object.tenant, generation);
        let media_type = Format::media_type(object.format);
        Self { generation, updated, media_type, links: DefinitionLinks { definition } }
    }
}
