//! What to write instead, for the mistakes people make most. Pure text to text; nothing here decides whether something is
//! a mistake.

use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

use super::TenantId;
use super::schema::nearest;
use super::source::{Content, Node, Scalar, quoted};

/// The way out of a wrong type. A value that may be a secret is not repeated.
pub(super) fn right_type(node: &Node, expected: &Value, may_be_shown: bool) -> Option<String> {
    let expected = expected.as_str()?;
    match (&node.content, expected) {
        (Content::Scalar(Scalar::Null), _) => Some("give it a value or remove the line".to_owned()),
        (Content::Scalar(Scalar::Bool { written, .. } | Scalar::Number { written, .. }), "string") => {
            Some(if may_be_shown { format!("quote it: {}", quoted(written)) } else { "quote it".to_owned() })
        }
        (Content::Scalar(Scalar::Text(text)), "boolean") => match text.to_ascii_lowercase().as_str() {
            "yes" | "on" | "y" | "true" | "1" => Some("write true, without quotes".to_owned()),
            "no" | "off" | "n" | "false" | "0" => Some("write false, without quotes".to_owned()),
            _ => None,
        },
        (Content::Scalar(Scalar::Text(text)), "integer") => {
            text.parse::<u32>().ok().map(|number| format!("write {number}, without quotes"))
        }
        (Content::Scalar(Scalar::Text(text)), "array") if may_be_shown => Some(format!("write [{}]", quoted(text))),
        (Content::Scalar(_), "array") => Some("write a list, each item on its own line after '- '".to_owned()),
        (Content::Sequence(_), "object") => Some("write key: value, without the leading '- '".to_owned()),
        _ => None,
    }
}

/// The key most likely meant.
pub(super) fn right_key(parent: &str, key: &str) -> Option<String> {
    let fixed = if parent == "/metadata/labels" {
        label(key).filter(|fixed| fixed.starts_with(|first: char| first.is_ascii_lowercase()))?
    } else {
        let letters = |character: char| if character.is_ascii_alphanumeric() { character } else { '_' };
        let fixed: String = key.chars().map(letters).collect();
        if fixed.starts_with(|first: char| first.is_ascii_digit()) { format!("_{fixed}") } else { fixed }
    };
    (fixed != key && !fixed.is_empty()).then(|| format!("did you mean {fixed}?"))
}

/// The value most likely meant.
pub(super) fn right_value(pointer: &str, text: &str, kind: &Kind) -> Option<String> {
    if let Kind::Enum { options } = kind {
        let options = || options.as_array().into_iter().flatten().filter_map(Value::as_str);
        return nearest(text, options()).map(|near| format!("did you mean {near}?"));
    }
    let fixed = match pointer.rsplit('/').next().unwrap_or_default() {
        _ if pointer == "/metadata/name" => tenant_name(text),
        _ if pointer.starts_with("/metadata/labels/") => label(text),
        _ if pointer.starts_with("/spec/customDomains/") => domain(text),
        "cpu" => cpu(text),
        "memory" => memory(text),
        "image" => text.split_once("://").map(|(_, rest)| rest.to_owned()),
        "version" => text.strip_prefix(['v', 'V', '=']).map(str::to_owned),
        "name" => Some(words(text, '-')),
        _ => None,
    }?;
    (fixed != text && !fixed.is_empty()).then(|| format!("did you mean {}?", quoted(&fixed)))
}

/// Where a field belongs that stands in the wrong place: the fields people put one level too high or too low.
pub(super) fn where_it_belongs(field: &str) -> Option<&'static str> {
    Some(match field {
        "name" | "displayName" | "labels" => "metadata",
        "runtime" | "database" | "customDomains" | "plugins" | "deletionPolicy" | "deletionProtection" => "spec",
        "driftPolicy" | "suspend" => "spec",
        "image" | "environmentVariables" | "secretVariables" | "resources" | "scaling" => "spec.runtime",
        "cpu" | "memory" => "spec.runtime.resources",
        "minInstances" | "maxInstances" => "spec.runtime.scaling",
        "tier" => "spec.database",
        _ => return None,
    })
}

/// Lower case; everything but letters and digits becomes one separator.
fn words(text: &str, separator: char) -> String {
    let words: Vec<String> = text
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join(separator.encode_utf8(&mut [0; 4]))
}

fn tenant_name(text: &str) -> Option<String> {
    words(text, '-').parse::<TenantId>().ok().map(|id| id.to_string())
}

fn label(text: &str) -> Option<String> {
    let allowed = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_';
    let fixed: String = text
        .chars()
        .map(|character| character.to_ascii_lowercase())
        .map(|character| if allowed(character) { character } else { '-' })
        .collect();
    (fixed.len() <= 63).then_some(fixed)
}

fn domain(text: &str) -> Option<String> {
    let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = bare.split(['/', ':', '?']).next()?.trim_end_matches('.').trim_start_matches("*.");
    let fits = host.contains('.') && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    fits.then(|| host.to_owned())
}

fn cpu(text: &str) -> Option<String> {
    let thousandths = text.parse::<f64>().ok().filter(|cpus| (0.1..1.0).contains(cpus))? * 1000.0;
    Some(format!("{thousandths:.0}m"))
}

fn memory(text: &str) -> Option<String> {
    let digits = text.find(|character: char| !character.is_ascii_digit()).filter(|digits| *digits > 0)?;
    let (number, unit) = text.split_at_checked(digits)?;
    match unit.trim().to_ascii_lowercase().as_str() {
        "m" | "mb" | "mi" | "mib" => Some(format!("{number}Mi")),
        "g" | "gb" | "gi" | "gib" => Some(format!("{number}Gi")),
        _ => None,
    }
}
