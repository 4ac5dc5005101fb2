//! The fleet in numbers, counted from the listing of status records alone: however large it is, what is kept of it here
//! is of one size.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::TenantSummary;
use crate::digest::Digest;
use crate::records::{ConditionKind, Phase, Truth};
use crate::tenant::TenantId;

/// Values of one kind that are counted by name; who has another one is only counted.
const NAMED: usize = 50;
/// Applies that are named as the slowest.
const SLOWEST: usize = 10;
/// Held tenants that are named; the others are only counted.
const HELD: usize = 100;

/// The fleet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FleetView {
    /// Tenants with a status record.
    pub tenants: usize,
    /// How many are in which phase.
    pub phases: BTreeMap<Phase, usize>,
    /// Of how many is what true, false or not known.
    pub conditions: BTreeMap<ConditionKind, BTreeMap<Truth, usize>>,
    /// How many run which image.
    pub images: Shares,
    /// How many were applied with which module and versions of its providers.
    pub modules: Shares,
    /// How many are in which project.
    pub projects: Shares,
    /// How many have another release of the platform than the last rollout's target.
    pub outdated: usize,
    /// How many are not what was applied.
    pub drifted: usize,
    /// Whose last apply took the longest, longest first.
    pub slowest: Vec<SlowApply>,
    /// Who waits for a person, and why: the first hundred by name.
    pub held: Vec<HeldTenant>,
}

/// How the fleet divides over the values of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Shares {
    /// The first fifty values met.
    pub counts: BTreeMap<String, usize>,
    /// Tenants with other values.
    pub others: usize,
}

/// How long the last apply of a tenant took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SlowApply {
    /// Whose.
    pub tenant: TenantId,
    /// From when it was asked for to its end.
    pub seconds: u64,
    /// When it ended.
    pub at: Timestamp,
}

/// A tenant that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldTenant {
    /// Which.
    pub tenant: TenantId,
    /// In a word.
    pub reason: String,
}

impl Shares {
    fn count(&mut self, value: String) {
        if let Some(count) = self.counts.get_mut(&value) {
            *count += 1;
        } else if self.counts.len() < NAMED {
            self.counts.insert(value, 1);
        } else {
            self.others += 1;
        }
    }
}

impl FleetView {
    /// Counts one tenant more. `target` names the last rollout's.
    pub(super) fn count(&mut self, found: TenantSummary, target: Option<Digest>) {
        let TenantSummary { tenant, summary, .. } = found;
        self.tenants += 1;
        self.outdated += usize::from(summary.is_outdated(target));
        *self.phases.entry(summary.phase).or_default() += 1;
        for (kind, truth) in summary.conditions {
            *self.conditions.entry(kind).or_default().entry(truth).or_default() += 1;
        }
        self.drifted += usize::from(summary.drifted > 0);
        if let Some(image) = summary.image {
            self.images.count(image);
        }
        if let Some(module) = summary.module {
            self.modules.count(module.to_string());
        }
        if let Some(place) = summary.place {
            self.projects.count(place.project.to_string());
        }
        if let (Some(seconds), Some(at)) = (summary.apply_seconds, summary.applied_at) {
            self.count_apply(SlowApply { tenant: tenant.clone(), seconds, at });
        }
        if summary.phase == Phase::Held && self.held.len() < HELD {
            self.held.push(HeldTenant { tenant, reason: summary.held.unwrap_or_default() });
        }
    }

    fn count_apply(&mut self, apply: SlowApply) {
        let before = self.slowest.partition_point(|slower| slower.seconds >= apply.seconds);
        if before < SLOWEST {
            self.slowest.insert(before, apply);
            self.slowest.truncate(SLOWEST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{Status, StatusSummary};

    #[test]
    fn what_is_kept_of_a_large_fleet_is_small() {
        let mut fleet = FleetView::default();
        for number in 0..2_000_u32 {
            let status = Status::new(format!("tenant-{number}").parse().unwrap());
            let summary = StatusSummary {
                phase: if number.is_multiple_of(4) { Phase::Held } else { Phase::Ready },
                image: Some(format!("image:{}", number % 100)),
                apply_seconds: Some(u64::from(number.wrapping_mul(7_919) % 2_000)),
                applied_at: Some(Timestamp::UNIX_EPOCH),
                conditions: BTreeMap::from([(ConditionKind::Ready, Truth::True)]),
                held: Some("WouldDestroyData".to_owned()),
                ..StatusSummary::from(&status)
            };
            fleet.count(TenantSummary { tenant: status.tenant, summary, updated: Timestamp::UNIX_EPOCH }, None);
        }
        assert_eq!(fleet.phases, BTreeMap::from([(Phase::Ready, 1_500), (Phase::Held, 500)]));
        assert_eq!(fleet.conditions[&ConditionKind::Ready][&Truth::True], 2_000);
        assert_eq!((fleet.images.counts.len(), fleet.images.others), (50, 1_000));
        let slowest: Vec<u64> = fleet.slowest.iter().map(|apply| apply.seconds).collect();
        assert_eq!(slowest, (1_990..2_000).rev().collect::<Vec<_>>());
        assert_eq!((fleet.held.len(), fleet.held[1].tenant.as_str()), (100, "tenant-4"));
    }
}
