//! The schema holds together with the type and the documentation; near names are found and far ones are not.

use std::fs;
use std::path::Path;

use jsonschema::meta;

use super::*;
use crate::tenant::{API_VERSION, KIND};

#[test]
fn the_schema_is_one() {
    let document: Value = serde_json::from_str(SCHEMA).unwrap();
    assert!(meta::is_valid(&document));
    assert!(COMPILED.is_ok());
    assert_eq!(document.pointer("/properties/apiVersion/const").unwrap(), API_VERSION);
    assert_eq!(document.pointer("/properties/kind/const").unwrap(), KIND);
}

/// An editor shows title and description; an example that the schema refuses would teach mistakes.
#[test]
fn every_field_explains_itself() {
    fn walk(path: &str, schema: &Value) {
        for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let path = format!("{path}/{name}");
            assert!(field.get("title").is_some() && field.get("description").is_some(), "{path}");
            let validator = jsonschema::validator_for(field).unwrap();
            for example in field.get("examples").and_then(Value::as_array).into_iter().flatten() {
                assert!(validator.is_valid(example), "{path}: {example}");
            }
            walk(&path, field);
            field.get("items").inspect(|items| walk(&path, items));
        }
    }
    walk("", &serde_json::from_str(SCHEMA).unwrap());
}

#[test]
fn what_is_near() {
    let fields = ["minInstances", "maxInstances", "image", "resources", "scaling"];
    for (text, expected) in [
        ("maxInstance", Some("maxInstances")),
        ("max_instances", Some("maxInstances")),
        ("MaxInstances", Some("maxInstances")),
        ("imgae", Some("image")),
        ("resorces", Some("resources")),
        ("replicas", None),
        ("x", None),
        ("", None),
    ] {
        assert_eq!(nearest(text, fields), expected, "{text}");
    }
    assert_eq!(nearest(&"maxInstances".repeat(100), fields), None);
}

/// `UPDATE=1` rewrites the file.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test's own switch")]
fn the_documentation_has_the_table() {
    const MARKS: (&str, &str) = ("<!-- table: made from the schema -->\n", "<!-- end of table -->\n");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/definition.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(MARKS.0).unwrap();
    let (_, after) = rest.split_once(MARKS.1).unwrap();
    let expected = format!("{before}{}\n{}\n{}{after}", MARKS.0, schema_table(), MARKS.1);
    if std::env::var("UPDATE").is_ok() {
        fs::write(&path, &expected).unwrap();
    } else {
        assert_eq!(text, expected, "docs/definition.md is not what the schema says: run this test with UPDATE=1");
    }
}
