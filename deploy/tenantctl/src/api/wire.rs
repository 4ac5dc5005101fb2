//! What this client reads of the API's answers. Members it does not use are left alone, so a newer API can be talked
//! to; what programs ask for with `-o json` is the answer as it came.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenancy::digest::Digest;
use tenancy::operation::OperationId;
use tenancy::provision::ChangeSummary;
use tenancy::store::Generation;
use tenancy::tenant::TenantId;

/// An answer as it came and what we read of it.
#[derive(Debug, Clone)]
pub(crate) struct Received<T> {
    /// As it came.
    pub(crate) raw: Value,
    /// What we read.
    pub(crate) value: T,
}

/// One page of a list.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listed {
    /// What is on it.
    pub(crate) items: Vec<Value>,
    /// Where the next begins.
    #[serde(default)]
    pub(crate) next_page_token: Option<String>,
}

/// A problem document, RFC 9457, with this API's members.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Problem {
    /// Status code.
    #[serde(default)]
    pub(crate) status: u16,
    /// For programs.
    #[serde(default)]
    pub(crate) reason: String,
    /// For people, the same for every problem of the kind.
    #[serde(default)]
    pub(crate) title: String,
    /// For people.
    #[serde(default)]
    pub(crate) detail: String,
    /// Whether the same request may succeed later.
    #[serde(default)]
    pub(crate) retryable: bool,
    /// Seconds, also in `Retry-After`.
    #[serde(default)]
    pub(crate) retry_after_seconds: Option<u64>,
    /// What is wrong with a definition.
    #[serde(default)]
    pub(crate) errors: Vec<DefinitionError>,
    /// The operation that found out.
    #[serde(default)]
    pub(crate) operation: Option<OperationId>,
}

/// A definition's problem as the API tells it; reasons may be newer than this client.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DefinitionError {
    /// JSON pointer.
    pub(crate) pointer: String,
    /// 1-based.
    pub(crate) line: Option<u32>,
    /// 1-based.
    pub(crate) column: Option<u32>,
    /// For programs.
    pub(crate) reason: String,
    /// For people.
    pub(crate) message: String,
    /// What to write instead.
    pub(crate) suggestion: Option<String>,
}

/// `line:column: REASON pointer: message (suggestion)`.
impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, "{line}:{column}: ")?;
        }
        write!(f, "{} ", self.reason)?;
        if !self.pointer.is_empty() {
            write!(f, "{}: ", self.pointer)?;
        }
        f.write_str(&self.message)?;
        self.suggestion.as_ref().map_or(Ok(()), |suggestion| write!(f, " ({suggestion})"))
    }
}

/// One tenant of a list.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TenantItem {
    #[serde(alias = "tenant")]
    pub(crate) name: TenantId,
    pub(crate) phase: String,
    #[serde(default)]
    pub(crate) observed_generation: Option<Generation>,
    #[serde(default)]
    pub(crate) applied_generation: Option<Generation>,
    /// Resources that drifted, or whether any did.
    #[serde(default)]
    pub(crate) drifted: Value,
    #[serde(default)]
    pub(crate) url: Option<String>,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) updated: Option<String>,
}

/// One tenant that is not what was applied.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DriftedTenant {
    pub(crate) name: TenantId,
    pub(crate) checked: String,
    #[serde(default)]
    pub(crate) last_clean: Option<String>,
    pub(crate) found: Vec<Finding>,
}

/// The fleet in numbers. What this client does not know is passed over.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Fleet {
    pub(crate) tenants: usize,
    pub(crate) phases: BTreeMap<String, usize>,
    pub(crate) conditions: BTreeMap<String, BTreeMap<String, usize>>,
    pub(crate) images: Shares,
    pub(crate) modules: Shares,
    pub(crate) projects: Shares,
    #[serde(default)]
    pub(crate) outdated: usize,
    pub(crate) drifted: usize,
    pub(crate) slowest: Vec<SlowApply>,
    pub(crate) held: Vec<HeldTenant>,
}

/// A rollout.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Rollout {
    pub(crate) number: u64,
    pub(crate) state: String,
    pub(crate) reason: String,
    pub(crate) by: Option<String>,
    pub(crate) changed: String,
    pub(crate) wave: usize,
    pub(crate) soaking: Option<String>,
    pub(crate) target: Release,
    pub(crate) before: Option<Release>,
    pub(crate) waves: Vec<Wave>,
    pub(crate) undoable: usize,
    pub(crate) awaiting: usize,
}

/// What of the platform a rollout brings.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Release {
    pub(crate) image: String,
    pub(crate) module: String,
}

/// How a wave's tenants fare.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Wave {
    pub(crate) share: Option<f64>,
    pub(crate) tenants: usize,
    pub(crate) there: usize,
    pub(crate) movable: usize,
    pub(crate) waiting: usize,
    pub(crate) moving: usize,
    pub(crate) healthy: usize,
    pub(crate) failed: usize,
}

/// How the fleet divides over the values of one kind.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Shares {
    pub(crate) counts: BTreeMap<String, usize>,
    #[serde(default)]
    pub(crate) others: usize,
}

/// How long the last apply of a tenant took.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SlowApply {
    pub(crate) tenant: TenantId,
    pub(crate) seconds: u64,
}

/// A tenant that waits for a person.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct HeldTenant {
    pub(crate) tenant: TenantId,
    pub(crate) reason: String,
}

/// One resource that is not what was applied.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    pub(crate) address: String,
    pub(crate) action: String,
    #[serde(default)]
    pub(crate) attributes: Vec<String>,
    pub(crate) first_seen: String,
    pub(crate) sightings: u32,
}

/// One tenant.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct TenantDocument {
    pub(crate) metadata: TenantMetadata,
    #[serde(default)]
    pub(crate) status: Option<TenantStatus>,
}

/// What names a tenant.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TenantMetadata {
    pub(crate) name: TenantId,
    #[serde(default)]
    pub(crate) display_name: Option<String>,
    #[serde(default)]
    pub(crate) labels: Map<String, Value>,
    #[serde(default)]
    pub(crate) generation: Option<Generation>,
    #[serde(default)]
    pub(crate) updated: Option<String>,
}

/// How a tenant is.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TenantStatus {
    pub(crate) phase: String,
    #[serde(default)]
    pub(crate) conditions: Vec<Condition>,
    #[serde(default)]
    pub(crate) observed_generation: Option<Generation>,
    #[serde(default)]
    pub(crate) outputs: Map<String, Value>,
    #[serde(default)]
    pub(crate) operation: Option<OperationId>,
    #[serde(default)]
    pub(crate) plugins: Option<TenantPlugins>,
}

/// A tenant's plugins.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TenantPlugins {
    #[serde(default)]
    pub(crate) lock_digest: Option<Digest>,
    #[serde(default)]
    pub(crate) bundle: Option<Digest>,
    /// What the site runs.
    #[serde(default)]
    pub(crate) running: Vec<PluginVersion>,
    /// What came of each plugin that was wanted.
    #[serde(default)]
    pub(crate) results: Vec<PluginOutcome>,
}

/// A plugin a site runs.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PluginVersion {
    pub(crate) name: String,
    pub(crate) version: String,
}

/// What came of a wanted plugin.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PluginOutcome {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) to: Option<String>,
    #[serde(default)]
    pub(crate) required: bool,
    pub(crate) result: String,
    #[serde(default)]
    pub(crate) message: String,
}

/// One statement about a tenant.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Condition {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) reason: String,
    #[serde(default)]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) last_transition_time: Option<String>,
}

/// One generation of a definition.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DefinitionItem {
    pub(crate) generation: Generation,
    #[serde(default)]
    pub(crate) updated: Option<String>,
    #[serde(default)]
    pub(crate) media_type: Option<String>,
}

/// What a change would do.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Preview {
    #[serde(default)]
    pub(crate) changes: ChangeSummary,
    #[serde(default)]
    pub(crate) held: bool,
    #[serde(default)]
    pub(crate) digest: Option<Digest>,
}
