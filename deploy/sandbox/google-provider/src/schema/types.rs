//! Attribute types, as Terraform writes them in JSON: `"string"`, `["list", "string"]`, `["object", {…}]`.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

/// An attribute's type.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// Text.
    String,
    /// A number.
    Number,
    /// A boolean.
    Bool,
    /// A list of one type.
    List(Box<Type>),
    /// A set of one type.
    Set(Box<Type>),
    /// A map from text to one type.
    Map(Box<Type>),
    /// An object.
    Object(BTreeMap<String, Type>),
}

impl Type {
    /// Reads Terraform's JSON form.
    pub fn from_json(json: &Json) -> Option<Self> {
        if let Some(word) = json.as_str() {
            return Self::from_word(word);
        }
        let [kind, of] = json.as_array()?.as_slice() else {
            return None;
        };
        Some(match kind.as_str()? {
            "list" => Self::List(Box::new(Self::from_json(of)?)),
            "set" => Self::Set(Box::new(Self::from_json(of)?)),
            "map" => Self::Map(Box::new(Self::from_json(of)?)),
            "object" => Self::Object(
                of.as_object()?
                    .iter()
                    .map(|(name, of)| Some((name.clone(), Self::from_json(of)?)))
                    .collect::<Option<_>>()?,
            ),
            _ => return None,
        })
    }

    /// Reads one word: `string`, `list(string)`, `map(set(number))`.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "string" => return Some(Self::String),
            "number" => return Some(Self::Number),
            "bool" => return Some(Self::Bool),
            _ => {}
        }
        let (kind, of) = word.strip_suffix(')')?.split_once('(')?;
        let of = Box::new(Self::from_word(of)?);
        Some(match kind {
            "list" => Self::List(of),
            "set" => Self::Set(of),
            "map" => Self::Map(of),
            _ => return None,
        })
    }

    /// Terraform's JSON form.
    pub fn to_json(&self) -> Json {
        match self {
            Self::String => json!("string"),
            Self::Number => json!("number"),
            Self::Bool => json!("bool"),
            Self::List(of) => json!(["list", of.to_json()]),
            Self::Set(of) => json!(["set", of.to_json()]),
            Self::Map(of) => json!(["map", of.to_json()]),
            Self::Object(fields) => {
                let fields: serde_json::Map<_, _> =
                    fields.iter().map(|(name, of)| (name.clone(), of.to_json())).collect();
                json!(["object", fields])
            }
        }
    }
}
