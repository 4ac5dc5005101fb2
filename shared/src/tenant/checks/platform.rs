//! What only the platform's settings can tell.

use super::{Problem, Reason, quoted, scaling};
use crate::platform::Platform;
use crate::tenant::schema::nearest;
use crate::tenant::{Definition, Problems};

/// Checks a definition against the settings it will be rendered with: its tier is one of theirs, and min ≤ max also where
/// one of the two is a default. Problems carry pointers only; [`crate::tenant::locate`] adds lines and columns.
pub fn check_against(definition: &Definition, platform: &Platform) -> Result<(), Problems> {
    let problems = [tier(definition, platform), instances(definition, platform)].into_iter().flatten().collect();
    Problems::in_document_order(problems).map_or(Ok(()), Err)
}

fn tier(definition: &Definition, platform: &Platform) -> Option<Problem> {
    let tier = definition.spec.database.as_ref()?.tier.as_ref()?;
    if platform.tiers.contains_key(tier) {
        return None;
    }
    let offered = || platform.tiers.keys().map(String::as_str);
    let message = format!("the platform has no tier {}", quoted(tier));
    let suggestion = nearest(tier, offered()).map_or_else(
        || format!("one of: {}", offered().collect::<Vec<_>>().join(", ")),
        |near| format!("did you mean {near}?"),
    );
    Some(Problem::new(Reason::UnknownTier, "/spec/database/tier".to_owned(), message).suggesting(suggestion))
}

fn instances(definition: &Definition, platform: &Platform) -> Option<Problem> {
    let scaling = definition.spec.runtime.as_ref()?.scaling.as_ref()?;
    let min = scaling.min_instances.unwrap_or(platform.scaling.min_instances);
    let max = scaling.max_instances.unwrap_or(platform.scaling.max_instances);
    (min > max).then(|| scaling::above(min.into(), max.into()))
}
