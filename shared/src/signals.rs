//! What is counted from the log: each of these is one line with `event` as its name, written where it happens and nowhere
//! else. Metrics, alerts and the dashboard of `terraform/control-plane` are made of them.

use crate::reconcile::{HoldReason, SweepReport};
use crate::records::{Operation, Outcome};
use crate::tenant::TenantId;

/// An operation ended, however it did.
pub const OPERATION_ENDED: &str = "operation_ended";
/// A deletion waits for a person.
pub const DELETION_HELD: &str = "deletion_held";
/// The cloud is no longer what was applied: seen twice, so it is not a change under way.
pub const DRIFT_FOUND: &str = "drift_found";
/// The whole fleet was looked at.
pub const SWEEP_ENDED: &str = "sweep_ended";

/// Every event's name.
pub const ALL: [&str; 4] = [OPERATION_ENDED, DELETION_HELD, DRIFT_FOUND, SWEEP_ENDED];

/// Says that an operation ended.
pub(crate) fn operation_ended(operation: &Operation) {
    let Operation { tenant, id, kind, outcome, trigger, .. } = operation;
    let (reason, message) = (operation.reason.as_deref().unwrap_or_default(), &operation.message);
    // A macro's level is a constant.
    if *outcome == Outcome::Succeeded {
        tracing::info!(event = OPERATION_ENDED, %tenant, operation = %id, ?kind, ?outcome, ?trigger, reason, "{message}");
    } else {
        tracing::warn!(event = OPERATION_ENDED, %tenant, operation = %id, ?kind, ?outcome, ?trigger, reason, "{message}");
    }
}

/// Says that a deletion is held.
pub(crate) fn deletion_held(tenant: &TenantId, reason: HoldReason) {
    let reason = reason.as_str();
    tracing::warn!(event = DELETION_HELD, %tenant, reason, "the deletion is held");
}

/// Says that drift was confirmed in so many resources.
pub(crate) fn drift_found(tenant: &TenantId, resources: usize) {
    tracing::warn!(event = DRIFT_FOUND, %tenant, resources, "the cloud is not what was applied");
}

/// Says that a sweep ended.
pub(crate) fn sweep_ended(report: &SweepReport) {
    let SweepReport { definitions, tenants, vanished, deletions_held, postponed, not_handed_on, .. } = report;
    let behind: usize = report.behind.values().sum();
    let pruned = report.pruned.objects();
    tracing::info!(
        event = SWEEP_ENDED,
        definitions,
        tenants,
        vanished,
        deletions_held,
        behind,
        postponed,
        not_handed_on,
        pruned,
        "the fleet was looked at"
    );
}
