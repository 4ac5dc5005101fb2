use serde_json::json;

use super::{Block, Catalogue, Nesting, ProviderName, Schema, Type, conform, empty};
use crate::value::Value;

fn block(json: &serde_json::Value) -> Block {
    Schema::parse("test", &json.to_string()).unwrap().block
}

#[test]
fn the_built_in_files_can_be_read() {
    for name in [ProviderName::Google, ProviderName::Random] {
        let catalogue = Catalogue::load(name).unwrap();
        for schema in catalogue.resources.values() {
            let known = |field: &str| field.starts_with('@') || schema.block.attributes.contains_key(field);
            for form in schema.import.iter().chain([&schema.id, &schema.object]) {
                assert!(form.fields().all(known), "{}: {form:?}", schema.name);
            }
            // A script was run or was not: the real provider has nothing to import either.
            let is_a_script = schema.name == "google_sql_provision_script";
            assert_eq!(schema.import.is_empty(), is_a_script, "{} can be imported", schema.name);
            assert_ne!(schema.object.fields().count(), 0, "{} has a unique name", schema.name);
        }
    }
}

#[test]
fn types_are_read_in_both_forms() {
    for (word, json) in [
        ("string", json!("string")),
        ("number", json!("number")),
        ("bool", json!("bool")),
        ("list(string)", json!(["list", "string"])),
        ("map(set(number))", json!(["map", ["set", "number"]])),
    ] {
        let ty = Type::from_word(word).unwrap();
        assert_eq!(ty.to_json(), json);
        assert_eq!(Type::from_json(&json).unwrap(), ty);
    }
    let object = json!(["list", ["object", {"a": "string", "b": ["set", "bool"]}]]);
    assert_eq!(Type::from_json(&object).unwrap().to_json(), object);
    for wrong in ["text", "list(text)", "list(string", "tuple(string)", ""] {
        assert_eq!(Type::from_word(wrong), None, "{wrong}");
    }
}

#[test]
fn a_line_says_everything_about_an_attribute() {
    let block = block(&json!({"attributes": {
        "short": "map(string) optional computed sensitive force-new local volatile",
        "long": {"is": "number optional", "default": 3},
        "typed": {"is": "computed", "type": ["list", ["object", {"a": "string"}]]},
        "secret": "string required write-only",
    }}));
    let short = &block.attributes["short"].flags;
    assert!(short.optional && short.computed && short.sensitive && short.force_new && short.local && short.volatile);
    assert!(!short.required && !short.write_only);
    assert_eq!(block.attributes["long"].default, Some(json!(3).into()));
    assert!(matches!(block.attributes["typed"].ty, Type::List(_)));
    assert!(block.attributes["secret"].flags.required && block.attributes["secret"].flags.write_only);
}

#[test]
fn a_mistake_in_a_file_is_named() {
    for (json, said) in [
        (json!({"attributes": {"a": "text optional"}}), "attribute a: its type cannot be read"),
        (json!({"attributes": {"a": "string maybe"}}), "\"maybe\" is no flag"),
        (json!({"blocks": {"b": {"nesting": "heap"}}}), "block b: Some(\"heap\") is no nesting"),
        (json!({"atributes": {}}), "unknown field `atributes`"),
        (json!({"existing": "ignore"}), "none of refuse, join, nothing"),
    ] {
        let error = Schema::parse("test", &json.to_string()).unwrap_err().to_string();
        assert!(error.starts_with("schema file test: ") && error.contains(said), "{error}");
    }
}

#[test]
fn a_schema_laid_on_a_value_leaves_its_shape() {
    let block = block(&json!({
        "attributes": {"text": "string optional", "count": "number optional", "tags": "set(string) optional"},
        "blocks": {
            "rows": {"nesting": "list", "attributes": {"a": "bool optional"}},
            "cells": {"nesting": "set", "attributes": {"a": "string optional"}},
            "times": {"nesting": "single", "attributes": {"create": "string optional"}},
        },
    }));
    assert!(matches!(block.blocks["times"].nesting, Nesting::Single));
    let nothing = json!({"text": null, "count": null, "tags": null, "rows": [], "cells": [], "times": null});
    for (given, shaped) in [
        (json!({}), nothing.clone()),
        (json!({"gone": 1, "rows": null}), nothing),
        (
            json!({"text": 7, "count": "1.5", "tags": ["b", "a"], "rows": [{}, {"x": 1}], "cells": [{"a": "2"}, {"a": "1"}], "times": {}}),
            json!({
                "text": "7", "count": 1.5, "tags": ["a", "b"], "rows": [{"a": null}, {"a": null}],
                "cells": [{"a": "1"}, {"a": "2"}], "times": {"create": null},
            }),
        ),
    ] {
        assert_eq!(conform(&block, given.into()), shaped.into());
    }
    assert_eq!(conform(&block, Value::Null), Value::Null);
    assert_eq!(empty(&block).get("rows"), &Value::List(Vec::new()));
}
