//! The part of a status that rides on its object as metadata, so that the whole fleet is one listing a thousand tenants,
//! and 'is there anything to do' is answered without reading a body.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::condition::{ConditionKind, Truth};
use super::drift::{DriftRecord, LastLook};
use super::plugins::PluginsRecord;
use super::status::{Phase, Status};
use crate::digest::Digest;
use crate::operation::OperationId;
use crate::placement::Placement;
use crate::platform::Place;
use crate::plugins::{self, ListAddress};
use crate::rollout::Pin;
use crate::store::Generation;

/// A status in short. Kept under 2 KiB: object metadata holds 8 KiB at most (a limit of the store).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusSummary {
    /// In one word.
    pub phase: Phase,
    /// The definition that was last decided on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<Generation>,
    /// The definition that was last applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied_generation: Option<Generation>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied_at: Option<Timestamp>,
    /// How many seconds that took, from when it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apply_seconds: Option<u64>,
    /// With which runtime image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// With which module and versions of its providers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<Digest>,
    /// What of the platform it was last worked on with, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<PinSummary>,
    /// What is said of the tenant.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub conditions: BTreeMap<ConditionKind, Truth>,
    /// A failed apply is due again then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_not_before: Option<Timestamp>,
    /// The last failure says nothing of what was asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inconclusive: bool,
    /// Work on plugins is due then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugins_not_before: Option<Timestamp>,
    /// Where the plugin list lies, where it is an object of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin_list: Option<PluginListSummary>,
    /// Why it waits for a person, in a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// A tombstone's time comes then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destroy_after: Option<Timestamp>,
    /// Somebody asked for the deletion.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deletion_requested: bool,
    /// An operation that somebody asked for waits for its turn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub queued: bool,
    /// The last drift check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift_checked: Option<Timestamp>,
    /// Resources that drifted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub drifted: usize,
    /// Of them, those that were seen more than once.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub drift_confirmed: usize,
    /// Something outside says that the cloud changed then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift_suspected: Option<Timestamp>,
    /// The operation under way or the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationId>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The site's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Why it is not ready, in a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A pinned release in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PinSummary {
    /// Names the release.
    pub digest: Digest,
    /// An apply with it succeeded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub applied: bool,
    /// The tenant is among the first that a rollout moves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub canary: bool,
    /// The rollout that last moved the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<u64>,
    /// The module of what it had before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<Digest>,
}

impl PinSummary {
    fn of(pin: &Pin, canary: bool) -> Self {
        let back = pin.before.as_ref().map(|before| before.module);
        Self { digest: pin.release.digest(), applied: pin.applied, canary, rollout: pin.rollout, back }
    }
}

/// A plugin list that a tenant refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PluginListSummary {
    /// Where it lies.
    pub address: ListAddress,
    /// As it was last looked at; absent: it was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<Generation>,
}

// serde hands a reference to every `skip_serializing_if`.
#[allow(clippy::trivially_copy_pass_by_ref)]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

const KEY: &str = "summary";

impl StatusSummary {
    /// The metadata that goes with a status record.
    pub fn to_metadata(&self) -> BTreeMap<String, String> {
        // A struct of plain fields with string keys always serialises.
        let text = serde_json::to_string(self).unwrap_or_default();
        BTreeMap::from([(KEY.to_owned(), text)])
    }

    /// Whether it has another release than the one of this name. A tenant without one has nothing to bring up to date.
    pub fn is_outdated(&self, target: Option<Digest>) -> bool {
        self.release.zip(target).is_some_and(|(pin, target)| pin.digest != target)
    }

    /// What decides when to look for drift next.
    pub fn last_look(&self) -> LastLook {
        LastLook {
            at: self.applied_at.max(self.drift_checked),
            unconfirmed: self.drift_confirmed < self.drifted,
            suspected: self.drift_suspected,
        }
    }

    /// What the metadata says; `None` where somebody wrote the object without it: then the body must be read.
    pub fn from_metadata(metadata: &BTreeMap<String, String>) -> Option<Self> {
        serde_json::from_str(metadata.get(KEY)?).ok()
    }
}

/// When there is something to do about plugins; the past: now.
fn plugins_not_before(status: &Status) -> Option<Timestamp> {
    if let Some(upgrade) = &status.upgrade {
        return Some(upgrade.at);
    }
    let plugins = status.plugins.as_ref()?;
    if plugins.trial.as_ref().is_some_and(|trial| trial.refused.is_some()) {
        return Some(plugins.resolved);
    }
    match &plugins.failure {
        Some(failure) => Some(failure.not_before),
        None => (plugins.trial.is_some() || !plugins.is_settled()).then_some(plugins.resolved),
    }
}

fn list_of(plugins: &PluginsRecord) -> Option<PluginListSummary> {
    plugins::address(&plugins.wanted).map(|address| PluginListSummary { address, generation: plugins.list })
}

impl From<&Status> for StatusSummary {
    fn from(status: &Status) -> Self {
        let ready = status.conditions.get(ConditionKind::Ready);
        let held = status.conditions.get(ConditionKind::Held);
        Self {
            phase: status.phase,
            observed_generation: status.observed_generation,
            applied_generation: status.applied.as_ref().map(|applied| applied.generation),
            applied_at: status.applied.as_ref().map(|applied| applied.at),
            apply_seconds: status.applied.as_ref().map(|applied| applied.took().as_secs().unsigned_abs()),
            image: status.applied.as_ref().and_then(|applied| applied.image.clone()),
            module: status.applied.as_ref().and_then(|applied| applied.module),
            release: status.release.as_ref().map(|pin| PinSummary::of(pin, status.canary)),
            conditions: status.conditions.iter().map(|condition| (condition.kind, condition.status)).collect(),
            retry_not_before: status.retry.as_ref().map(|retry| retry.not_before),
            inconclusive: status.retry.as_ref().is_some_and(|retry| retry.inconclusive),
            plugins_not_before: plugins_not_before(status),
            plugin_list: status.plugins.as_ref().and_then(list_of),
            held: held.filter(|_| status.phase == Phase::Held).map(|held| held.reason.clone()),
            destroy_after: status.tombstone.as_ref().map(|tombstone| tombstone.destroy_after),
            deletion_requested: status.deletion.is_some(),
            queued: status.queued.is_some(),
            drift_checked: status.drift.as_ref().map(|drift| drift.checked),
            drifted: status.drift.as_ref().map_or(0, |drift| drift.found.len()),
            drift_confirmed: status.drift.as_ref().map_or(0, DriftRecord::confirmed),
            drift_suspected: status.drift_suspected,
            operation: status.operation,
            place: status.placement.as_ref().map(Placement::place),
            url: status.outputs.get("url").and_then(|url| url.as_str()).map(str::to_owned),
            reason: ready.filter(|_| status.phase != Phase::Ready).map(|ready| ready.reason.clone()),
        }
    }
}
