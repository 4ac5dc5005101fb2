//! What a sweep found.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::reconcile::{Due, SweepReport};
use crate::retention::Pruned;
use crate::tenant::TenantId;

/// A sweep's report.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SweepResource {
    definitions: usize,
    tenants: usize,
    vanished: usize,
    deletions_held: bool,
    behind: BTreeMap<Due, usize>,
    due: Vec<DueResource>,
    postponed: usize,
    not_handed_on: usize,
    pruned: Pruned,
}

#[derive(Debug, Serialize)]
struct DueResource {
    tenant: TenantId,
    reason: Due,
}

impl From<SweepReport> for SweepResource {
    fn from(report: SweepReport) -> Self {
        let SweepReport {
            definitions,
            tenants,
            vanished,
            deletions_held,
            behind,
            due,
            postponed,
            not_handed_on,
            pruned,
        } = report;
        let due = due.into_iter().map(|(tenant, reason)| DueResource { tenant, reason }).collect();
        Self { definitions, tenants, vanished, deletions_held, behind, due, postponed, not_handed_on, pruned }
    }
}
