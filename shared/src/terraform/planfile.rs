//! A plan as JSON, as far as we look into it.
//!
//! Format: <https://developer.hashicorp.com/terraform/internals/json-format>. Addresses, paths and digests leave this
//! adapter, values never.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::digest::Digest;

#[derive(Debug, Deserialize)]
pub(super) struct PlanFile {
    /// What applying would do.
    #[serde(default)]
    pub(super) resource_changes: Vec<ResourceChange>,
    /// What changed behind our back.
    #[serde(default)]
    pub(super) resource_drift: Vec<ResourceChange>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ResourceChange {
    pub(super) address: String,
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    /// Where the state still has it, before a move.
    pub(super) previous_address: Option<String>,
    pub(super) change: Values,
}

#[derive(Debug, Deserialize)]
pub(super) struct Values {
    pub(super) actions: Vec<String>,
    #[serde(default)]
    pub(super) before: Value,
    #[serde(default)]
    pub(super) after: Value,
    #[serde(default)]
    pub(super) after_unknown: Value,
    /// Where in them something is sensitive.
    #[serde(default)]
    pub(super) before_sensitive: Value,
    #[serde(default)]
    pub(super) after_sensitive: Value,
    /// Attributes for whose sake it is replaced.
    #[serde(default)]
    replace_paths: Value,
    importing: Option<Value>,
}

impl PlanFile {
    pub(super) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Names exactly what applying this plan would do: which resources, what happens to each, why, and to which values.
    /// Whatever the cloud computes is not part of it: it moves by itself between a plan and the next.
    pub(super) fn digest(&self) -> Digest {
        let mut parts: Vec<String> = self
            .resource_changes
            .iter()
            .filter(|resource| resource.change.changes_something())
            .map(|resource| {
                let change = &resource.change;
                let moved = resource.previous_address.as_deref();
                json!([
                    resource.address,
                    moved,
                    change.actions,
                    change.replace_paths,
                    change.importing,
                    change.planned()
                ])
                .to_string()
            })
            .collect();
        parts.sort();
        Digest::of_parts(parts.iter().map(String::as_bytes))
    }
}

impl Values {
    fn changes_something(&self) -> bool {
        self.importing.is_some() || !matches!(self.actions.as_slice(), [only] if only == "no-op" || only == "read")
    }

    /// The values that are planned: all of what is made, of what stays only those that change.
    fn planned(&self) -> Value {
        if self.before.is_null() || self.actions.iter().any(|action| action == "create") {
            return self.after.clone();
        }
        changed(&self.before, &self.after, &self.after_unknown).unwrap_or_default()
    }
}

/// What differs, with what is only known afterwards left out; `None` where nothing does.
fn changed(before: &Value, after: &Value, unknown: &Value) -> Option<Value> {
    match (before, after) {
        _ if *unknown == Value::Bool(true) || before == after => None,
        (Value::Object(one), Value::Object(other)) => {
            let mut names: Vec<&String> = one.keys().chain(other.keys()).collect();
            names.sort();
            names.dedup();
            let differing: Map<String, Value> = names
                .into_iter()
                .filter_map(|name| {
                    let at = name.as_str();
                    Some((name.clone(), changed(&before[at], &after[at], &unknown[at])?))
                })
                .collect();
            (!differing.is_empty()).then_some(Value::Object(differing))
        }
        _ => Some(after.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(change: &Value) -> Digest {
        let plan = json!({"resource_changes": [
            {"address": "a.same", "type": "a", "change": {"actions": ["no-op"], "before": {"x": 1}, "after": {"x": 1}}},
            {"address": "google_sql_database.site", "type": "google_sql_database", "change": change},
        ]});
        PlanFile::parse(&plan.to_string()).unwrap().digest()
    }

    fn replacement(instance: &str) -> Value {
        json!({
            "actions": ["delete", "create"],
            "before": {"name": "wp_acme", "instance": "shared-1", "self_link": "https://one"},
            "after": {"name": "wp_acme", "instance": instance},
            "after_unknown": {"self_link": true},
            "replace_paths": [["instance"]],
        })
    }

    #[test]
    fn another_replacement_is_another_plan() {
        let approved = digest(&replacement("premium-1"));
        assert_eq!(approved, digest(&replacement("premium-1")));
        assert_ne!(approved, digest(&replacement("premium-2")), "to other values");
        let mut other = replacement("premium-1");
        other["actions"] = json!(["create", "delete"]);
        assert_ne!(approved, digest(&other), "in another order");
        other = replacement("premium-1");
        other["replace_paths"] = json!([["name"]]);
        assert_ne!(approved, digest(&other), "for another reason");
        other = replacement("premium-1");
        other["before"]["self_link"] = json!("https://two");
        assert_eq!(approved, digest(&other), "what the cloud computes moves by itself");
    }

    #[test]
    fn of_an_update_only_what_changes_counts() {
        let update = |etag: &str, max: u32| {
            json!({
                "actions": ["update"],
                "before": {"etag": etag, "scaling": [{"max": 3}], "env": {"A": "1", "B": "2"}},
                "after": {"etag": etag, "scaling": [{"max": max}], "env": {"A": "1", "B": "2"}},
            })
        };
        assert_eq!(digest(&update("x", 5)), digest(&update("y", 5)));
        assert_ne!(digest(&update("x", 5)), digest(&update("x", 6)));
    }
}
