//! The words that schemas are made of.

use serde_json::{Map, Value, json};

/// The schema of this name.
pub(super) fn to(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// A list of these.
pub(super) fn list(of: &Value) -> Value {
    json!({"type": "array", "items": of})
}

/// One of these words.
pub(super) fn one_of(words: &[&str]) -> Value {
    json!({"type": "string", "enum": words})
}

/// An object with these members; those with a `?` may be absent.
pub(super) fn object(members: &[(&str, Value)]) -> Value {
    let required: Vec<&str> = members.iter().map(|(name, _)| *name).filter(|name| !name.ends_with('?')).collect();
    let properties: Map<String, Value> =
        members.iter().map(|(name, schema)| (name.trim_end_matches('?').to_owned(), schema.clone())).collect();
    json!({"type": "object", "required": required, "properties": properties})
}

/// Any text.
pub(super) fn text() -> Value {
    json!({"type": "string"})
}

/// True or false.
pub(super) fn flag() -> Value {
    json!({"type": "boolean"})
}

/// How many.
pub(super) fn count() -> Value {
    json!({"type": "integer", "minimum": 0})
}

/// A moment (RFC 3339).
pub(super) fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

/// A page of a list of this name.
pub(super) fn page_of(name: &str) -> Value {
    object(&[("items", list(&to(name))), ("nextPageToken?", text())])
}
