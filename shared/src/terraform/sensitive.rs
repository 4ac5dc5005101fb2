//! Values that a state or a plan marks as sensitive, by their paths: the module's own marks and those of the providers'
//! schemas. Pure.
//!
//! State: <https://developer.hashicorp.com/terraform/language/state>, version 4: `sensitive_attributes` are paths of steps.
//! Plan: <https://developer.hashicorp.com/terraform/internals/json-format>, `before_sensitive` and `after_sensitive` mirror
//! the values, with `true` where all below is sensitive.

use bytes::Bytes;
use serde_json::Value;

use super::planfile::PlanFile;

/// The sensitive texts of a state; none of one that cannot be read.
pub(super) fn texts_of_state(state: &[u8]) -> Vec<String> {
    let mut texts = Vec::new();
    if let Ok(mut state) = serde_json::from_slice::<Value>(state) {
        each_sensitive(&mut state, &mut |value| gather(value, &mut texts));
    }
    texts
}

/// The same state without its sensitive values: the next refresh reads them again. One that cannot be read, or that has none,
/// stays as it is.
pub(super) fn without_sensitive(state: Bytes) -> Bytes {
    let Ok(mut read) = serde_json::from_slice::<Value>(&state) else { return state };
    let mut found = false;
    each_sensitive(&mut read, &mut |value| {
        found |= !value.is_null();
        *value = Value::Null;
    });
    if found { Bytes::from(format!("{read:#}\n")) } else { state }
}

/// The sensitive texts of a plan.
pub(super) fn texts_of_plan(plan: &PlanFile) -> Vec<String> {
    let mut texts = Vec::new();
    for resource in plan.resource_changes.iter().chain(&plan.resource_drift) {
        let change = &resource.change;
        for (value, marks) in [(&change.before, &change.before_sensitive), (&change.after, &change.after_sensitive)] {
            gather_marked(value, marks, &mut texts);
        }
    }
    texts
}

fn each_sensitive(state: &mut Value, act: &mut impl FnMut(&mut Value)) {
    for output in state.get_mut("outputs").and_then(Value::as_object_mut).into_iter().flat_map(|all| all.values_mut()) {
        if output["sensitive"] == true
            && let Some(value) = output.get_mut("value")
        {
            act(value);
        }
    }
    let resources = state.get_mut("resources").and_then(Value::as_array_mut);
    let instances =
        resources.into_iter().flatten().filter_map(|resource| resource.get_mut("instances")?.as_array_mut());
    for instance in instances.flatten() {
        let paths = instance["sensitive_attributes"].as_array().cloned().unwrap_or_default();
        for path in &paths {
            if let Some(value) = instance.get_mut("attributes").and_then(|attributes| at(attributes, path)) {
                act(value);
            }
        }
    }
}

/// What a path of steps leads to: `[{"type": "get_attr", "value": "name"}, {"type": "index", "value": {"value": 0, …}}]`.
fn at<'v>(attributes: &'v mut Value, path: &Value) -> Option<&'v mut Value> {
    path.as_array()?.iter().try_fold(attributes, |value, step| {
        let key = &step["value"];
        match key.get("value").unwrap_or(key) {
            Value::String(name) => value.get_mut(name.as_str()),
            Value::Number(index) => value.get_mut(usize::try_from(index.as_u64()?).ok()?),
            _ => None,
        }
    })
}

fn gather(value: &Value, texts: &mut Vec<String>) {
    gather_marked(value, &Value::Bool(true), texts);
}

fn gather_marked(value: &Value, marks: &Value, texts: &mut Vec<String>) {
    let all = *marks == Value::Bool(true);
    match value {
        Value::String(text) if all => texts.push(text.clone()),
        Value::Object(members) => {
            members
                .iter()
                .for_each(|(name, member)| gather_marked(member, if all { marks } else { &marks[name] }, texts));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(n, item)| gather_marked(item, if all { marks } else { &marks[n] }, texts));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn state() -> Value {
        let step = |name: &str| json!({"type": "get_attr", "value": name});
        let index = |key: &Value| json!({"type": "index", "value": {"value": key, "type": "number"}});
        json!({"version": 4, "serial": 7, "lineage": "l",
        "outputs": {"uri": {"value": "shown", "type": "string"},
            "key": {"value": {"a": ["canary-1"]}, "type": "dynamic", "sensitive": true}},
        "resources": [{"mode": "managed", "type": "google_sql_user", "name": "site", "instances": [{
            "attributes": {"name": "wp-acme", "password": "canary-2", "gone": null,
                "env": [{"name": "A", "value": "shown"}, {"name": "B", "value": "canary-3"}], "map": {"x.y": "canary-4"}},
            "sensitive_attributes": [
                [step("password")], [step("gone")], [step("nowhere"), step("at all")], "no path", [],
                [step("env"), index(&json!(1)), step("value")],
                [step("map"), index(&json!("x.y"))],
            ]}]}]})
    }

    #[test]
    fn a_state_is_read_by_its_own_marks() {
        let mut state = state();
        // An empty path marks everything: it is left out here, to see the others.
        state["resources"][0]["instances"][0]["sensitive_attributes"]
            .as_array_mut()
            .unwrap()
            .retain(|path| *path != json!([]));
        let body = Bytes::from(state.to_string());
        assert_eq!(texts_of_state(&body), ["canary-1", "canary-2", "canary-3", "canary-4"]);
        let without = without_sensitive(body);
        assert!(!String::from_utf8_lossy(&without).contains("canary"), "{without:?}");
        let without: Value = serde_json::from_slice(&without).unwrap();
        assert_eq!(without["resources"][0]["instances"][0]["attributes"]["env"][0]["value"], "shown");
        assert_eq!((&without["serial"], &without["lineage"]), (&json!(7), &json!("l")));
        assert_eq!(without["outputs"]["uri"]["value"], "shown");
    }

    #[test]
    fn an_empty_path_is_the_whole_resource() {
        assert_eq!(
            without_sensitive(Bytes::from(state().to_string())).windows(6).filter(|at| at == b"canary").count(),
            0
        );
        assert!(texts_of_state(state().to_string().as_bytes()).contains(&"wp-acme".to_owned()));
    }

    #[test]
    fn what_has_no_marks_stays_as_it_is() {
        for body in ["", "{", "[]", "{}", r#"{"resources": 7}"#, r#"{"outputs": {"a": {"value": "v"}} }"#] {
            assert_eq!(without_sensitive(Bytes::from_static(body.as_bytes())), body.as_bytes());
            assert!(texts_of_state(body.as_bytes()).is_empty());
        }
    }

    #[test]
    fn a_plan_is_read_by_its_own_marks() {
        let change = json!({"actions": ["update"],
            "before": {"name": "shown", "password": "canary-1", "list": ["shown", "canary-2"]},
            "before_sensitive": {"password": true, "list": [false, true]},
            "after": {"name": "shown", "block": [{"a": "canary-3", "b": ["canary-4"]}]},
            "after_sensitive": {"block": true}});
        let plan = json!({"resource_changes": [{"address": "a.b", "type": "a", "change": change}]});
        let plan = PlanFile::parse(&plan.to_string()).unwrap();
        assert_eq!(texts_of_plan(&plan), ["canary-2", "canary-1", "canary-3", "canary-4"]);
    }
}
