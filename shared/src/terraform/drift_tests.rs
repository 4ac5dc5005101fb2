use serde_json::json;

use super::*;

fn said(plan: &Value) -> Vec<String> {
    let items = drift(&PlanFile::parse(&plan.to_string()).unwrap());
    let line = |item: &DriftItem| {
        let attributes: Vec<&str> = item.attributes.iter().map(String::as_str).collect();
        format!("{} {}: {}", item.action, item.address, attributes.join(" "))
    };
    items.iter().map(line).collect()
}

fn changed(
    address: &str,
    actions: &[&str],
    before: impl Into<Value>,
    after: impl Into<Value>,
    unknown: impl Into<Value>,
) -> Value {
    let (before, after, unknown): (Value, Value, Value) = (before.into(), after.into(), unknown.into());
    json!({"address": address, "change": {"actions": actions, "before": before, "after": after, "after_unknown": unknown}})
}

#[test]
fn what_is_repaired_and_changed_behind_our_back() {
    let plan = json!({
        "resource_drift": [
            changed("a.scaled", &["update"],
                json!({"name": "n", "etag": "1", "scaling": [{"max": 3, "min": 0}], "labels": null}),
                json!({"name": "n", "etag": "2", "scaling": [{"max": 9, "min": 0}], "labels": {}}), json!({})),
            changed("a.gone", &["delete"], json!({"id": "x"}), Value::Null, json!({})),
            changed("a.only_noise", &["update"], json!({"labels": null}), json!({"labels": {}}), json!({})),
            changed("a.other", &["update"], json!({"etag": "1", "size": 1}), json!({"etag": "2", "size": 1}), json!({})),
            changed("a.old_name", &["update"], json!({"role": "reader"}), json!({"role": "writer"}), json!({})),
            changed("a.list", &["update"], json!({"members": ["x"]}), json!({"members": ["x", "y"]}), json!({})),
        ],
        "resource_changes": [
            changed("a.list", &["update"], json!({"members": ["x", "y"]}), json!({"members": ["x"]}), json!({})),
            changed("a.scaled", &["update"],
                json!({"name": "n", "etag": "2", "scaling": [{"max": 9, "min": 0}], "labels": {}}),
                json!({"name": "n", "scaling": [{"max": 3, "min": 0}], "labels": {}}), json!({"etag": true})),
            changed("a.gone", &["create"], Value::Null, json!({"id": "canary"}), json!({})),
            changed("a.only_noise", &["no-op"], json!({"labels": {}}), json!({"labels": {}}), json!({})),
            changed("a.other", &["update"], json!({"etag": "2", "size": 1}), json!({"etag": "2", "size": 5}), json!({})),
            json!({"address": "a.new_name", "previous_address": "a.old_name", "change": {
                "actions": ["delete", "create"], "before": {"role": "writer"}, "after": {"role": "reader"}}}),
            changed("a.new_in_the_definition", &["create"], Value::Null, json!({"id": 1}), json!({})),
        ],
    });
    assert_eq!(
        said(&plan),
        ["create a.gone: ", "update a.list: members", "replace a.new_name: role", "update a.scaled: scaling.0.max"]
    );
}

#[test]
fn a_plan_without_either_has_no_drift() {
    assert!(said(&json!({"format_version": "1.2"})).is_empty());
    assert!(PlanFile::parse("not a plan").is_err());
}

#[test]
fn overlapping_paths() {
    for (one, other, expected) in
        [("a.b", "a.b", true), ("a.b", "a", true), ("a", "a.b", true), ("a.bc", "a.b", false), ("a", "b", false)]
    {
        assert_eq!(overlap(one, other), expected, "{one} {other}");
    }
}
