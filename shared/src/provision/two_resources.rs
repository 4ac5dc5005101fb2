//! What a tenant has in a cloud that stands in for a real one: two resources, of which one holds data. What a plan makes of
//! them is the same in every stand-in.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Change, ChangeAction, ChangeSummary, ResourceAddress, Run};
use crate::digest::Digest;

/// The stateful one.
pub const DATABASE: &str = "memory_database.site";
/// The other one.
pub const SERVICE: &str = "memory_service.site";

/// Values by address.
pub type Resources = BTreeMap<&'static str, Value>;

/// What a run makes of its variables.
pub fn wanted(run: &Run) -> Resources {
    let variables: Value = serde_json::from_str(run.variables.as_json()).unwrap_or_default();
    BTreeMap::from([(DATABASE, variables["database"].clone()), (SERVICE, variables)])
}

/// What brings one to the other. A database is replaced, everything else changed in place.
pub fn compare(have: &Resources, want: &Resources) -> ChangeSummary {
    let change = |address: &'static str| {
        let action = match (have.get(address), want.get(address)) {
            (None, Some(_)) => ChangeAction::Create,
            (Some(_), None) => ChangeAction::Delete,
            (Some(have), Some(want)) if have != want && address == DATABASE => ChangeAction::Replace,
            (Some(have), Some(want)) if have != want => ChangeAction::Update,
            _ => return None,
        };
        Some(Change { address: ResourceAddress::new(address), action })
    };
    [DATABASE, SERVICE].into_iter().filter_map(change).collect()
}

/// What of it destroys data.
pub fn guarded(changes: &ChangeSummary) -> Vec<ResourceAddress> {
    let lost = |change: &&Change| {
        change.address.as_str() == DATABASE && matches!(change.action, ChangeAction::Replace | ChangeAction::Delete)
    };
    changes.changes().iter().filter(lost).map(|change| change.address.clone()).collect()
}

/// What an approval of these changes is given to: the changes and the values they are planned with. `None` where they need
/// none.
pub fn approval(changes: &ChangeSummary, run: &Run) -> Option<Digest> {
    let (what, with) = (changes.digest(), run.variables.digest());
    (!guarded(changes).is_empty()).then(|| Digest::of_parts([what.as_bytes().as_slice(), with.as_bytes().as_slice()]))
}
