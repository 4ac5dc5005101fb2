//! The tree: JSON's data model with positions.

use std::collections::BTreeMap;

use serde_json::{Number, Value};

/// Where something starts, counted from 1; columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::tenant) struct Position {
    pub(in crate::tenant) line: u32,
    pub(in crate::tenant) column: u32,
}

impl Position {
    pub(in crate::tenant) const START: Self = Self { line: 1, column: 1 };

    /// From counts that start at 1.
    pub(super) fn new(line: usize, column: usize) -> Self {
        Self { line: u32::try_from(line).unwrap_or(u32::MAX), column: u32::try_from(column).unwrap_or(u32::MAX) }
    }

    /// Where the next character after `text` would stand.
    pub(super) fn after(text: &str) -> Self {
        let line_start = text.rfind('\n').map_or(0, |at| at + 1);
        let line = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
        Self::new(line, text.get(line_start..).unwrap_or_default().chars().count() + 1)
    }
}

/// A value and where it starts.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::tenant) struct Node {
    pub(in crate::tenant) at: Position,
    pub(in crate::tenant) content: Content,
}

/// A mapping's keys with their values. Sorted by key: the order of the source is in the positions.
pub(in crate::tenant) type Mapping = BTreeMap<String, Entry>;

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::tenant) enum Content {
    Scalar(Scalar),
    Sequence(Vec<Node>),
    Mapping(Mapping),
}

/// A key's place and its value.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::tenant) struct Entry {
    pub(in crate::tenant) key_at: Position,
    pub(in crate::tenant) value: Node,
}

/// A value without parts. What is not text keeps how it was written: `010` is the number 10, and the advice is to quote
/// `"010"`.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::tenant) enum Scalar {
    Null,
    Bool { value: bool, written: String },
    Number { value: Number, written: String },
    Text(String),
}

impl Node {
    pub(in crate::tenant) fn to_json(&self) -> Value {
        match &self.content {
            Content::Scalar(Scalar::Null) => Value::Null,
            Content::Scalar(Scalar::Bool { value, .. }) => Value::Bool(*value),
            Content::Scalar(Scalar::Number { value, .. }) => Value::Number(value.clone()),
            Content::Scalar(Scalar::Text(text)) => Value::String(text.clone()),
            Content::Sequence(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Content::Mapping(entries) => {
                Value::Object(entries.iter().map(|(key, entry)| (key.clone(), entry.value.to_json())).collect())
            }
        }
    }

    /// The value of a key; `None` also where this is no mapping.
    pub(in crate::tenant) fn get(&self, key: &str) -> Option<&Self> {
        match &self.content {
            Content::Mapping(entries) => entries.get(key).map(|entry| &entry.value),
            _ => None,
        }
    }

    /// The keys and values; none where this is no mapping.
    pub(in crate::tenant) fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        let entries = if let Content::Mapping(entries) = &self.content { Some(entries) } else { None };
        entries.into_iter().flatten().map(|(key, entry)| (key.as_str(), entry))
    }

    /// The items; none where this is no sequence.
    pub(in crate::tenant) fn items(&self) -> &[Self] {
        if let Content::Sequence(items) = &self.content { items } else { &[] }
    }

    /// The text; `None` where this is anything else.
    pub(in crate::tenant) fn text(&self) -> Option<&str> {
        if let Content::Scalar(Scalar::Text(text)) = &self.content { Some(text) } else { None }
    }

    /// The whole number from 0; `None` where this is anything else.
    pub(in crate::tenant) fn whole_number(&self) -> Option<u64> {
        if let Content::Scalar(Scalar::Number { value, .. }) = &self.content { value.as_u64() } else { None }
    }

    /// The value at a JSON pointer.
    pub(in crate::tenant) fn find(&self, pointer: &str) -> Option<&Self> {
        self.find_entry(pointer).map(|(_, node)| node)
    }

    /// The value at a JSON pointer, and its key's place where it has a key.
    pub(in crate::tenant) fn find_entry(&self, pointer: &str) -> Option<(Option<Position>, &Self)> {
        let mut found = (None, self);
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            found = match &found.1.content {
                Content::Mapping(entries) => entries.get(&step).map(|entry| (Some(entry.key_at), &entry.value))?,
                Content::Sequence(items) => (None, items.get(step.parse::<usize>().ok()?)?),
                Content::Scalar(_) => return None,
            };
        }
        Some(found)
    }
}

/// The pointer of a key or an index below a pointer (RFC 6901).
pub(in crate::tenant) fn child(pointer: &str, step: &str) -> String {
    let mut below = pointer.to_owned();
    push_step(&mut below, step);
    below
}

/// Makes a pointer that of a key or an index below it.
pub(in crate::tenant) fn push_step(pointer: &mut String, step: &str) {
    pointer.push('/');
    pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
}
