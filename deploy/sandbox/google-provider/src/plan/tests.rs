use serde_json::{Value as Json, json};

use super::{Labelling, Settings, Step, plan, replaced, seen_labels};
use crate::schema::{Block, Catalogue, ProviderName, Schema, conform};
use crate::value::{Fields, Value};

fn block() -> Block {
    let schema = json!({
        "attributes": {
            "name": "string required force-new",
            "project": "string optional computed force-new",
            "size": {"is": "number optional", "default": 3},
            "etag": "string computed",
            "password": "string optional write-only",
            "options": "map(string) optional",
        },
        "blocks": {
            "rows": {"nesting": "list force-new", "attributes": {"a": "string optional", "b": "string computed", "c": "string optional force-new"}},
            "cells": {"nesting": "set", "attributes": {"a": "string optional", "b": "string optional computed"}},
            "kept": {"nesting": "list computed", "max": 1, "attributes": {"a": "string optional"}},
        },
    });
    Schema::parse("test", &schema.to_string()).unwrap().block
}

/// `"?"` stands for what is known after apply.
fn value(block: &Block, json: Json) -> Value {
    fn unknown(value: Value) -> Value {
        match value {
            Value::String(text) if text == "?" => Value::Unknown,
            Value::List(elements) => Value::List(elements.into_iter().map(unknown).collect()),
            Value::Map(fields) => Value::Map(fields.into_iter().map(|(name, value)| (name, unknown(value))).collect()),
            other => other,
        }
    }
    conform(block, unknown(Value::from(json)))
}

fn check(prior: Json, proposed: Json, planned: Json) {
    let block = block();
    let (prior, proposed) = (value(&block, prior), value(&block, proposed));
    let once = plan(&block, &Settings::default(), &prior, &proposed);
    assert_eq!(once, value(&block, planned));
    assert_eq!(plan(&block, &Settings::default(), &prior, &proposed), once, "the same twice");
}

#[test]
fn a_creation_leaves_to_the_cloud_what_nobody_says() {
    check(json!(null), json!({"name": "n"}), json!({"name": "n", "project": "?", "size": 3, "etag": "?"}));
    check(
        json!(null),
        json!({"name": "?", "project": "p", "size": 1}),
        json!({"name": "?", "project": "p", "size": 1, "etag": "?"}),
    );
}

#[test]
fn a_write_only_value_is_never_planned() {
    check(
        json!(null),
        json!({"name": "n", "password": "secret"}),
        json!({"name": "n", "project": "?", "size": 3, "etag": "?"}),
    );
}

#[test]
fn an_update_keeps_what_the_cloud_said() {
    let prior = json!({"name": "n", "project": "p", "size": 3, "etag": "e"});
    check(prior.clone(), json!({"name": "n"}), prior.clone());
    check(prior, json!({"name": "n", "size": 9}), json!({"name": "n", "project": "p", "size": 9, "etag": "e"}));
}

#[test]
fn an_empty_collection_of_what_was_never_set_is_no_change() {
    let prior = json!({"name": "n", "project": "p", "size": 3, "etag": "e"});
    check(prior.clone(), json!({"name": "n", "options": {}}), prior);
    let set = json!({"name": "n", "project": "p", "size": 3, "etag": "e", "options": {"a": "b"}});
    check(
        set,
        json!({"name": "n", "options": {}}),
        json!({"name": "n", "project": "p", "size": 3, "etag": "e", "options": {}}),
    );
}

#[test]
fn blocks_are_matched_by_place_in_a_list_and_by_content_in_a_set() {
    check(
        json!({"rows": [{"a": "1", "b": "x"}], "cells": [{"a": "1", "b": "y"}], "size": 3}),
        json!({"rows": [{"a": "2"}, {"a": "3"}], "cells": [{"a": "1", "b": "y"}, {"a": "2"}]}),
        json!({"size": 3, "rows": [{"a": "2", "b": "x"}, {"a": "3", "b": "?"}], "cells": [{"a": "1", "b": "y"}, {"a": "2", "b": "?"}]}),
    );
}

#[test]
fn a_block_that_the_cloud_computes_stays_when_it_is_left_out() {
    let prior = json!({"size": 3, "kept": [{"a": "cloud"}]});
    check(prior.clone(), json!({}), prior);
    check(json!({"size": 3, "rows": [{"a": "1"}]}), json!({}), json!({"size": 3}));
    check(json!({"size": 3}), json!({"rows": "?"}), json!({"size": 3, "rows": "?"}));
}

#[test]
fn a_removal_is_planned_as_nothing() {
    assert_eq!(plan(&block(), &Settings::default(), &value(&block(), json!({"name": "n"})), &Value::Null), Value::Null);
}

#[test]
fn the_providers_project_is_known_while_planning() {
    let settings = Settings { defaults: Fields::from([("project".to_owned(), "ours".into())]), ..Settings::default() };
    let planned = |prior: Json, proposed: Json| {
        plan(&block(), &settings, &value(&block(), prior), &value(&block(), proposed)).get("project").clone()
    };
    assert_eq!(planned(json!(null), json!({})), "ours".into());
    assert_eq!(planned(json!(null), json!({"project": "theirs"})), "theirs".into());
    assert_eq!(planned(json!({"project": "before"}), json!({})), "before".into());
    assert_eq!(planned(json!(null), json!({"project": "?"})), Value::Unknown);
}

#[test]
fn what_may_not_change_in_place_replaces() {
    let name = |name: &str| Step::Name(name.to_owned());
    for (prior, planned, paths) in [
        (json!({"name": "a"}), json!({"name": "a", "size": 9}), vec![]),
        (json!({"name": "a"}), json!({"name": "b"}), vec![vec![name("name")]]),
        (json!({"name": "a"}), json!({"name": "?"}), vec![vec![name("name")]]),
        (
            json!({"rows": [{"c": "1"}, {"c": "2"}]}),
            json!({"rows": [{"c": "1"}, {"c": "3"}]}),
            vec![vec![name("rows"), Step::At(1), name("c")]],
        ),
        (json!({"rows": [{"a": "1"}]}), json!({"rows": [{"a": "2"}]}), vec![]),
        (json!({"rows": [{"a": "1"}]}), json!({}), vec![vec![name("rows")]]),
        (json!({"cells": [{"a": "1"}]}), json!({"cells": [{"a": "2"}]}), vec![]),
        (json!(null), json!({"name": "a"}), vec![]),
        (json!({"name": "a"}), json!(null), vec![]),
    ] {
        assert_eq!(
            replaced(&block(), &value(&block(), prior.clone()), &value(&block(), planned.clone())),
            paths,
            "{prior} {planned}"
        );
    }
}

#[expect(clippy::needless_pass_by_value, reason = "so that json! stands in the calls")]
fn planned_labels(labelling: &Labelling, prior: Json, labels: Json) -> [Json; 2] {
    let catalogue = Catalogue::load(ProviderName::Google).unwrap();
    let block = &catalogue.resources["google_storage_bucket"].block;
    let settings = Settings { labelling: labelling.clone(), ..Settings::default() };
    let planned = plan(block, &settings, &value(block, prior), &value(block, json!({"labels": labels})));
    ["terraform_labels", "effective_labels"].map(|name| planned.get(name).into())
}

#[test]
fn labels_come_from_the_configuration_the_provider_and_others() {
    let plain = Labelling::default();
    let marked = Labelling { default_labels: Fields::from([("env".to_owned(), "prod".into())]), attribution: true };
    let all = json!({"a": "1", "env": "prod", "goog-terraform-provisioned": "true"});
    assert_eq!(planned_labels(&plain, json!(null), json!({"a": "1"})), [json!({"a": "1"}), json!({"a": "1"})]);
    assert_eq!(planned_labels(&plain, json!(null), json!(null)), [json!({}), json!({})]);
    assert_eq!(planned_labels(&marked, json!(null), json!({"a": "1"})), [all.clone(), all]);
    // The mark is put on what is created, and stays on what has it.
    assert_eq!(
        planned_labels(&marked, json!({"name": "n"}), json!({})),
        [json!({"env": "prod"}), json!({"env": "prod"})]
    );
    // A label of somebody else stays; one that the configuration dropped goes.
    let prior = json!({"name": "n", "terraform_labels": {"a": "1"}, "effective_labels": {"a": "1", "theirs": "2"}});
    assert_eq!(planned_labels(&plain, prior, json!({"b": "3"})), [json!({"b": "3"}), json!({"b": "3", "theirs": "2"})]);
    assert_eq!(planned_labels(&plain, json!(null), json!("?")), [json!(null), json!(null)]);
}

#[test]
fn of_the_clouds_labels_a_state_sees_its_own() {
    let prior = Value::from(json!({"labels": {"a": "1", "gone": "1"}, "terraform_labels": null}));
    let mut state = Fields::new();
    seen_labels(&mut state, &prior, &json!({"a": "changed", "theirs": "2"}).into());
    let expected = json!({"labels": {"a": "changed"}, "terraform_labels": null, "effective_labels": {"a": "changed", "theirs": "2"}});
    assert_eq!(Value::Map(state), expected.into());
}
