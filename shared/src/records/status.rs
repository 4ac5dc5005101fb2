//! A tenant's status record, `status/{id}.json`: what is, against the definition's what should be.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::condition::Conditions;
use super::drift::{DriftRecord, LastLook};
use super::operation::Principal;
use super::plugins::{PluginsRecord, UpgradeRequest};
use crate::digest::Digest;
use crate::exports::ExportJob;
use crate::operation::OperationId;
use crate::placement::Placement;
use crate::provision::{ChangeSummary, Epoch};
use crate::rollout::Pin;
use crate::store::Generation;
use crate::tenant::{Definition, DeletionPolicy, TenantId};

/// What is known of a tenant. Written by compare-and-swap only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Whose.
    pub tenant: TenantId,
    /// In one word.
    pub phase: Phase,
    /// In statements.
    #[serde(default)]
    pub conditions: Conditions,
    /// The definition that was last decided on, whatever came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<Generation>,
    /// A run began and has not succeeded: the cloud may be anything between what was applied and what was asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_doubt: bool,
    /// A run that makes things began, and nobody saw its state saved: the cloud may hold what no state knows of. A destroy
    /// looks for it first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsaved: bool,
    /// Where the tenant is: recorded before its first run, and never another project or region afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<Placement>,
    /// What was last applied with success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<AppliedRecord>,
    /// What of the platform it was last worked on with: its own changes are applied with that too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Box<Pin>>,
    /// Its label says that it is among the first that a rollout moves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub canary: bool,
    /// The module's outputs.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub outputs: Map<String, Value>,
    /// The operation whose variables describe what may be in the workspace: a destroy runs with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variables: Option<OperationId>,
    /// What the last valid definition says of deletion, for when it is no longer there to ask.
    #[serde(default)]
    pub terms: DeletionTerms,
    /// Wanted plugins and what came of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugins: Option<PluginsRecord>,
    /// Somebody asked for the newest plugins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<UpgradeRequest>,
    /// The last drift check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<DriftRecord>,
    /// Something outside says that the cloud changed then: a check is due, whatever the last one said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift_suspected: Option<Timestamp>,
    /// The definition vanished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tombstone: Option<Tombstone>,
    /// Somebody asked for the tenant's deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion: Option<DeletionRequest>,
    /// The export of the database that the deletion under way waits for, or has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<ExportRecord>,
    /// The tenant was deleted and brought back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<RestoredRecord>,
    /// A change that waits for an approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// When a failed apply is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryRecord>,
    /// The newest lease under which a run wrote this record: an older run's word no longer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    /// The operation under way or asked for; the last one otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationId>,
    /// The operation that somebody asked for and that waits for its turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued: Option<OperationId>,
}

impl Status {
    /// A tenant nothing is known of yet.
    pub fn new(tenant: TenantId) -> Self {
        Self {
            tenant,
            phase: Phase::Pending,
            conditions: Conditions::default(),
            observed_generation: None,
            in_doubt: false,
            unsaved: false,
            placement: None,
            applied: None,
            release: None,
            canary: false,
            outputs: Map::new(),
            variables: None,
            terms: DeletionTerms::default(),
            plugins: None,
            upgrade: None,
            drift: None,
            drift_suspected: None,
            tombstone: None,
            deletion: None,
            export: None,
            restored: None,
            hold: None,
            retry: None,
            epoch: None,
            operation: None,
            queued: None,
        }
    }
}

impl Status {
    /// What decides when to look for drift next.
    pub fn last_look(&self) -> LastLook {
        let applied = self.applied.as_ref().map(|applied| applied.at);
        let unconfirmed = |drift: &DriftRecord| drift.confirmed() < drift.found.len();
        LastLook {
            at: applied.max(self.drift.as_ref().map(|drift| drift.checked)),
            unconfirmed: self.drift.as_ref().is_some_and(unconfirmed),
            suspected: self.drift_suspected,
        }
    }
}

/// What a definition says of its tenant's deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeletionTerms {
    /// `spec.deletionPolicy`.
    pub policy: DeletionPolicy,
    /// `spec.deletionProtection`.
    pub protection: bool,
}

impl DeletionTerms {
    /// A definition's terms.
    pub fn of(definition: &Definition) -> Self {
        Self {
            policy: definition.spec.deletion_policy.unwrap_or_default(),
            protection: definition.spec.deletion_protection.unwrap_or_default(),
        }
    }
}

/// A tenant in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Phase {
    /// Known, nothing applied yet.
    Pending,
    /// A run is under way.
    Applying,
    /// As defined, and serving.
    Ready,
    /// The definition is invalid; what ran before still runs.
    Invalid,
    /// The last apply failed, or what it made is not serving.
    Failed,
    /// A change waits for an approval; what ran before still runs.
    Held,
    /// `spec.suspend`: recorded, not touched.
    Suspended,
    /// The definition vanished; destroyed after the grace period.
    Tombstoned,
    /// A destroy is under way or was asked for.
    Deleting,
}

/// What was last applied with success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppliedRecord {
    /// The definition's generation.
    pub generation: Generation,
    /// Digest of variables, module and versions: the same digest needs no run.
    pub digest: Digest,
    /// When.
    pub at: Timestamp,
    /// By which operation.
    pub operation: OperationId,
    /// With which runtime image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// With which module and versions of its providers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<Digest>,
}

impl AppliedRecord {
    /// How long it took from when it was asked for.
    pub fn took(&self) -> SignedDuration {
        self.at.duration_since(self.operation.made()).max(SignedDuration::ZERO)
    }
}

/// The definition vanished from the bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tombstone {
    /// When that was first seen.
    pub since: Timestamp,
    /// Destroyed after this time, unless the definition is put back.
    pub destroy_after: Timestamp,
    /// The definition that vanished: where the bucket has a newer one by then, that one's grace has not begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<Generation>,
    /// Somebody wants the deletion although the breaker holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
}

impl Tombstone {
    /// What an approval of this very deletion is given to: of this tenant, since it vanished this time.
    pub fn digest(&self, tenant: &TenantId) -> Digest {
        Digest::of_parts([b"deletion", tenant.as_str().as_bytes(), self.since.to_string().as_bytes()])
    }
}

/// Somebody lets through what was held: once, and for a limited time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// Who.
    pub by: Principal,
    /// When.
    pub at: Timestamp,
    /// Until when it holds.
    pub expires: Timestamp,
}

impl Approval {
    /// Whether it still holds.
    pub fn holds(&self, now: Timestamp) -> bool {
        now < self.expires
    }
}

/// Somebody asked for the deletion, through the API. It stands until done, whatever process dies meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeletionRequest {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Principal,
    /// The definition that was there then: a newer one means that somebody wants the tenant again.
    pub generation: Option<Generation>,
    /// Without an export of the database, and without a look for what an interrupted run may have left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
}

/// An export of the tenant's database, begun for its deletion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportRecord {
    /// Which, and where it lies.
    #[serde(flatten)]
    pub job: ExportJob,
    /// Whether it is done.
    pub finished: bool,
}

/// A tenant that was deleted and brought back: an empty site, until its export is imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoredRecord {
    /// When.
    pub at: Timestamp,
    /// Which operation had deleted it.
    pub from: OperationId,
    /// Where the export of its database lies, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<String>,
}

/// A change that waits for an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// What is approved or not: it names the plan, see [`Plan::approval`](crate::provision::Plan::approval).
    pub digest: Digest,
    /// What was asked for: digest of variables, module and versions, as in [`AppliedRecord::digest`].
    pub wanted: Digest,
    /// What would be done.
    pub changes: ChangeSummary,
    /// Since when.
    pub since: Timestamp,
    /// Somebody let it through: the next run may apply exactly this plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
}

/// A failed apply and when it is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryRecord {
    /// Failures in a row.
    pub failures: u32,
    /// What was asked for: digest of variables, module and versions, as in [`AppliedRecord::digest`].
    pub wanted: Digest,
    /// Not before this time, unless the definition changes.
    pub not_before: Timestamp,
    /// The last failure says nothing of what was asked for: a process that was killed, a lock, a store, a cloud that said
    /// 'later'. Nobody concludes anything from it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inconclusive: bool,
}
