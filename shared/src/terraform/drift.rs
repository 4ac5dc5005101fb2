//! Which attributes of which resources are no longer what was applied, from a plan as JSON.
//!
//! `resource_changes` says what applying
//! would repair, `resource_drift` what changed behind our back; only what is in both is drift. The latter alone also
//! holds null that became empty, the former alone also holds what the definition changed. Paths leave
//! this module, values never.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::planfile::{PlanFile, Values};
use crate::provision::{ChangeAction, DriftItem, ResourceAddress};

/// What drifted, by address.
pub(super) fn drift(plan: &PlanFile) -> Vec<DriftItem> {
    let behind_our_back: BTreeMap<&str, &Values> =
        plan.resource_drift.iter().map(|drifted| (drifted.address.as_str(), &drifted.change)).collect();
    let mut items: Vec<DriftItem> = plan
        .resource_changes
        .iter()
        .filter_map(|repair| {
            let previous = repair.previous_address.as_deref().unwrap_or(&repair.address);
            let drifted = behind_our_back.get(repair.address.as_str()).or_else(|| behind_our_back.get(previous))?;
            item(&repair.address, &repair.change, drifted)
        })
        .collect();
    items.sort_by(|one, other| one.address.cmp(&other.address));
    items
}

fn item(address: &str, repair: &Values, drifted: &Values) -> Option<DriftItem> {
    let action = action(&repair.actions)?;
    let mut attributes = BTreeSet::new();
    if action != ChangeAction::Create {
        let changed = differing(drifted);
        attributes =
            differing(repair).into_iter().filter(|path| changed.iter().any(|other| overlap(path, other))).collect();
        if attributes.is_empty() {
            return None;
        }
    }
    Some(DriftItem { address: ResourceAddress::new(address), action, attributes })
}

fn action(actions: &[String]) -> Option<ChangeAction> {
    match actions.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["create"] => Some(ChangeAction::Create),
        ["update"] => Some(ChangeAction::Update),
        ["delete"] => Some(ChangeAction::Delete),
        ["delete", "create"] | ["create", "delete"] => Some(ChangeAction::Replace),
        _ => None,
    }
}

/// Whether one path is the other or lies within it.
fn overlap(one: &str, other: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    within(one, other) || within(other, one)
}

fn differing(values: &Values) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    compare("", &values.before, &values.after, &values.after_unknown, &mut paths);
    paths
}

/// What will only be known after an apply is no difference: it follows from one.
fn compare(path: &str, before: &Value, after: &Value, unknown: &Value, paths: &mut BTreeSet<String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (before, after) {
        _ if *unknown == Value::Bool(true) || before == after => {}
        (Value::Object(one), Value::Object(other)) => {
            let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for name in names {
                let (before, after) = (&before[name.as_str()], &after[name.as_str()]);
                compare(&below(name), before, after, &unknown[name.as_str()], paths);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (index, (before, after)) in one.iter().zip(other).enumerate() {
                compare(&below(&index.to_string()), before, after, &unknown[index], paths);
            }
        }
        _ => {
            paths.insert(path.to_owned());
        }
    }
}

#[cfg(test)]
#[path = "drift_tests.rs"]
mod tests;
