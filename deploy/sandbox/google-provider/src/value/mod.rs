//! Values as Terraform passes them: read from and written to `MessagePack` (the wire) and JSON (state and cloud files).

mod json;
mod msgpack;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Number;

/// An object's attributes and blocks by name, or a map's elements by key.
pub type Fields = BTreeMap<String, Value>;

/// One value. Lists, sets and tuples are `List`; maps and objects are `Map`.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Not set.
    Null,
    /// Known after apply.
    Unknown,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(Number),
    /// Text.
    String(String),
    /// A list, set or tuple; a set is sorted once a schema has been laid on it.
    List(Vec<Value>),
    /// A map or an object.
    Map(Fields),
}

impl Value {
    /// Text, when this is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, when this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The whole number, when this is one that fits.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(number) => number.as_u64(),
            _ => None,
        }
    }

    /// The fields of an object or the elements of a map.
    pub fn fields(&self) -> Option<&Fields> {
        match self {
            Self::Map(fields) => Some(fields),
            _ => None,
        }
    }

    /// The elements of a list or set; none for anything else.
    pub fn elements(&self) -> &[Value] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }

    /// The fields, taken out; none for anything that has no fields.
    pub fn into_fields(self) -> Fields {
        match self {
            Self::Map(fields) => fields,
            _ => Fields::new(),
        }
    }

    /// The field of that name; `Null` where there is none.
    pub fn get(&self, name: &str) -> &Value {
        self.fields().and_then(|fields| fields.get(name)).unwrap_or(&Value::Null)
    }

    /// Whether this is `Null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether anything in here is known after apply only.
    pub fn has_unknown(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::List(elements) => elements.iter().any(Self::has_unknown),
            Self::Map(fields) => fields.values().any(Self::has_unknown),
            _ => false,
        }
    }

    /// `Null`, or a collection without elements: what a configuration leaves out and what it leaves empty.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::List(elements) => elements.is_empty(),
            Self::Map(fields) => fields.is_empty(),
            _ => false,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number.into())
    }
}

impl<const N: usize> From<[(&str, Value); N]> for Value {
    fn from(fields: [(&str, Value); N]) -> Self {
        Self::Map(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}
