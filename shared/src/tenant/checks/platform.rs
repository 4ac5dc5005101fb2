//! What only the platform's settings can tell.

use std::collections::BTreeSet;

use super::secrets::shown;
use super::{Problem, Reason, scaling};
use crate::platform::Platform;
use crate::tenant::schema::nearest;
use crate::tenant::{Definition, Problems};

/// Checks a definition against the settings it will be rendered with: min ≤ max also where one of the two is a default.
/// Problems carry pointers only; [`crate::tenant::locate`] adds lines and columns.
pub fn check_against(definition: &Definition, platform: &Platform) -> Result<(), Problems> {
    instances(definition, platform).map_or(Ok(()), |problem| Err(problem.into()))
}

/// A tier is asked for that is not among those offered.
pub fn unknown_tier(tier: &str, offered: &BTreeSet<&str>) -> Problem {
    let message = format!("the platform has no tier {}", shown(tier));
    let suggestion = nearest(tier, offered.iter().copied()).map_or_else(
        || format!("one of: {}", offered.iter().copied().collect::<Vec<_>>().join(", ")),
        |near| format!("did you mean {near}?"),
    );
    Problem::new(Reason::UnknownTier, "/spec/database/tier".to_owned(), message).suggesting(suggestion)
}

fn instances(definition: &Definition, platform: &Platform) -> Option<Problem> {
    let scaling = definition.spec.runtime.as_ref()?.scaling.as_ref()?;
    let min = scaling.min_instances.unwrap_or(platform.scaling.min_instances);
    let max = scaling.max_instances.unwrap_or(platform.scaling.max_instances);
    (min > max).then(|| scaling::above(min.into(), max.into()))
}
