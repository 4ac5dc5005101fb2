//! Labels that belong to the platform. What shape labels have is in the schema.

use super::secrets::shown;
use super::{Node, Problem, Reason, child};

/// The label that names the tenant on each of its resources; the module puts it there.
pub const TENANT_LABEL: &str = "aipress-tenant";

const LABELS: &str = "/metadata/labels";

pub(super) fn check(root: &Node, problems: &mut Vec<Problem>) {
    let Some(labels) = root.find(LABELS) else { return };
    let taken = labels.entries().filter(|(key, _)| is_reserved(key)).map(|(key, entry)| {
        let message = format!("the label {} is the platform's own", shown(key));
        Problem::new(Reason::InvalidLabel, child(LABELS, key), message)
            .at(entry.key_at)
            .suggesting("choose another key")
    });
    problems.extend(taken);
}

/// `goog-` belongs to Google Cloud; the others are how the platform finds a tenant's resources again.
fn is_reserved(key: &str) -> bool {
    matches!(key, TENANT_LABEL | "managed-by") || key.starts_with("goog-")
}
