//! What the cloud makes up about an object. All of it follows from the object's name and content, so that nothing is random.

use sha2::{Digest, Sha256};

use super::{Pattern, now};
use crate::schema::{Attribute, Block, NestedBlock};
use crate::value::{Fields, Value};

/// Fills in what an object's schema leaves to the server.
///
/// A form may name the object's own attributes, and `@now`, `@etag`, `@uid`, `@hash` and `@project_number`.
pub struct Facts<'a> {
    /// The object's unique name.
    pub name: &'a str,
    /// Whether this is an update: then what is volatile is made anew.
    pub update: bool,
}

impl Facts<'_> {
    /// Completes an object: nothing in it is unknown afterwards.
    pub fn complete(&self, block: &Block, object: &mut Fields) {
        if self.update {
            for (name, attribute) in &block.attributes {
                if attribute.flags.volatile {
                    object.insert(name.clone(), Value::Unknown);
                }
            }
        }
        let etag = digest(&serde_json::Value::from(&Value::Map(object.clone())).to_string());
        // A form may name an attribute that has a form itself: `member` is made from `email`.
        for _ in 0..3 {
            let known = object.clone();
            self.fill(block, object, &known, &etag);
        }
        settle(object);
    }

    /// Fills in what a name may be made of: the forms that need no name themselves.
    pub fn names(block: &Block, object: &mut Fields) {
        let nameless = Facts { name: "", update: false };
        let known = object.clone();
        nameless.fill(block, object, &known, "");
    }

    fn fill(&self, block: &Block, object: &mut Fields, root: &Fields, etag: &str) {
        for (name, attribute) in &block.attributes {
            let unset = matches!(object.get(name), None | Some(Value::Unknown | Value::Null));
            if let Some(value) = attribute.server.as_ref().filter(|_| unset && !attribute.flags.local)
                && let Some(value) = self.value(attribute, value, root, etag)
            {
                object.insert(name.clone(), value);
            }
        }
        for (name, nested) in &block.blocks {
            if let Some(value) = object.get_mut(name) {
                self.fill_nested(nested, value, root, etag);
            }
        }
    }

    fn fill_nested(&self, nested: &NestedBlock, value: &mut Value, root: &Fields, etag: &str) {
        match value {
            Value::Map(fields) => self.fill(&nested.block, fields, root, etag),
            Value::List(elements) => {
                for element in elements.iter_mut() {
                    self.fill_nested(nested, element, root, etag);
                }
            }
            _ => {}
        }
    }

    fn value(&self, attribute: &Attribute, value: &Value, root: &Fields, etag: &str) -> Option<Value> {
        let Value::String(form) = value else {
            return Some(value.clone());
        };
        let text = Pattern::new(form).render(|field| match field {
            "@etag" | "@uid" | "@hash" if self.name.is_empty() => None,
            "@now" => Some(now()),
            "@etag" => Some(format!("\"{}\"", &etag[..16])),
            "@uid" => Some(uid(self.name)),
            "@hash" => Some(digest(self.name)[..16].to_owned()),
            "@project_number" => root.get("project").and_then(Value::as_str).map(project_number),
            attribute => field_text(root, attribute),
        })?;
        Some(match attribute.ty {
            crate::schema::Type::Number => text.parse::<u64>().map_or(Value::Null, Value::from),
            _ => Value::String(text),
        })
    }
}

/// A field as a part of a name. `@condition` is that of a role's member: nothing, or a slash and its title.
pub fn field_text(fields: &Fields, name: &str) -> Option<String> {
    if name == "@condition" {
        let condition = fields.get("condition").and_then(|condition| condition.elements().first());
        return Some(
            condition
                .and_then(|condition| condition.get("title").as_str())
                .map(|title| format!("/{title}"))
                .unwrap_or_default(),
        );
    }
    fields.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// What the cloud does not know is null.
fn settle(fields: &mut Fields) {
    for value in fields.values_mut() {
        settle_value(value);
    }
}

fn settle_value(value: &mut Value) {
    match value {
        Value::Unknown => *value = Value::Null,
        Value::List(elements) => elements.iter_mut().for_each(settle_value),
        Value::Map(fields) => settle(fields),
        _ => {}
    }
}

/// SHA-256 of a text in lower-case hex.
pub fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// The twelve digits that stand for a project, made from its id.
pub fn project_number(project: &str) -> String {
    let hash = digest(project);
    let number = u64::from_str_radix(&hash[..12], 16).unwrap_or_default();
    format!("{}", 100_000_000_000 + number % 900_000_000_000)
}

fn uid(name: &str) -> String {
    let hash = digest(name);
    format!("{}-{}-4{}-8{}-{}", &hash[..8], &hash[8..12], &hash[13..16], &hash[17..20], &hash[20..32])
}
