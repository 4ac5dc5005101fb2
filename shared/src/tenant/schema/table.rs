//! The schema as a table for people.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::SCHEMA;

/// A markdown table of every field: where it is, what it holds, what it means. Made from [`SCHEMA`], so it cannot say
/// anything else; fields come in the schema's order of names.
pub fn schema_table() -> String {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap_or_default();
    let mut table = String::from("| field | type | allowed | meaning |\n| --- | --- | --- | --- |\n");
    rows(&schema, "", &mut table);
    table
}

fn rows(schema: &Value, path: &str, table: &mut String) {
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let mark = if required.contains(&name.as_str()) { " (required)" } else { "" };
        row(&format!("`{below}`{mark}"), field, table);
        rows(field, &below, table);
        if let Some(items) = field.get("items").filter(|items| items.get("properties").is_some()) {
            rows(items, &format!("{below}[]"), table);
        }
    }
}

fn row(field: &str, schema: &Value, table: &mut String) {
    let meaning = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let cells = [field, &type_of(schema), &allowed(schema), meaning].map(|cell| cell.replace('|', "\\|"));
    // Writing to a String cannot fail.
    let _ = writeln!(table, "| {} |", cells.join(" | "));
}

fn type_of(schema: &Value) -> String {
    match schema.get("type") {
        Some(Value::String(name)) => match name.as_str() {
            "array" => format!("list of {}", schema.get("items").map_or_else(String::new, type_of)),
            "object" if schema.get("properties").is_none() => "mapping to text".to_owned(),
            other => word(other).to_owned(),
        },
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).map(word).collect::<Vec<_>>().join(" or ")
        }
        _ => String::new(),
    }
}

fn word(name: &str) -> &str {
    match name {
        "string" => "text",
        "object" => "mapping",
        "array" => "list",
        "integer" => "whole number",
        other => other,
    }
}

fn allowed(schema: &Value) -> String {
    let empty = Map::new();
    let schema = schema.as_object().unwrap_or(&empty);
    let code = |value: &Value| format!("`{}`", value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let number = |key: &str| schema.get(key).and_then(Value::as_u64);
    if let Some(constant) = schema.get("const") {
        return code(constant);
    }
    if let Some(options) = schema.get("enum").and_then(Value::as_array) {
        return options.iter().map(code).collect::<Vec<_>>().join(", ");
    }
    let mut parts = Vec::new();
    for (least, most, unit) in [("minimum", "maximum", ""), ("minLength", "maxLength", " characters")] {
        match (number(least), number(most)) {
            (Some(least), Some(most)) => parts.push(format!("{least} to {most}{unit}")),
            (None, Some(most)) => parts.push(format!("at most {most}{unit}")),
            _ => {}
        }
    }
    for (most, unit) in [("maxItems", "items"), ("maxProperties", "entries")] {
        parts.extend(number(most).map(|most| format!("at most {most} {unit}")));
    }
    parts.extend(schema.get("pattern").filter(|pattern| !pattern.to_string().contains("x00")).map(code));
    parts.join("; ")
}
