//! From bytes to a tree that knows where each key and value stands. YAML and JSON become the same tree, so everything
//! after this room is told once for both. What cannot be a tree is a problem here: sizes, encodings, syntax, anchors,
//! several documents, keys that stand twice.

mod feed;
mod json;
mod scalar;
mod text;
mod tree;
mod yaml;

#[cfg(test)]
mod tests;

use super::checks::secrets::shown;
use super::problem::{Problem, Reason};
use super::{Format, MAX_BYTES};

pub(super) use text::quoted;
pub(super) use tree::{Content, Entry, Mapping, Node, Position, Scalar, child, push_step};

/// Deepest nesting. A definition needs 5; every recursion over a tree is bounded by it.
const MAX_DEPTH: usize = 64;
/// Most values of one document, lists and mappings included. The largest definition that the schema lets through has
/// under 6,000; what is worked out later is in proportion to it.
const MAX_VALUES: usize = 10_000;
/// Longest key, in bytes. The schema's longest has 256 characters; pointers are made of them.
const MAX_KEY: usize = 1024;
/// After this many problems nothing more is read: a file full of anchors is not a definition.
const MOST_PROBLEMS: usize = 100;

/// What was read: the tree where there is one, and what was wrong on the way.
pub(super) struct Source {
    /// The document, if it can be understood well enough to say more about it.
    pub(super) root: Option<Node>,
    /// In document order.
    pub(super) problems: Vec<Problem>,
}

impl Source {
    fn refused(problem: Problem) -> Self {
        Self { root: None, problems: vec![problem] }
    }
}

/// Reads one document.
pub(super) fn read(bytes: &[u8], format: Format) -> Source {
    if bytes.len() > MAX_BYTES {
        let message = format!("{} bytes; a definition has at most {MAX_BYTES}", bytes.len());
        return Source::refused(Problem::whole(Reason::TooLarge, message));
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Source::refused(not_utf8(bytes, error.valid_up_to())),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Source::refused(Problem::whole(Reason::NotOneDocument, "the document is empty".to_owned()));
    }
    match format {
        Format::Yaml => yaml::read(text),
        Format::Json => json::read(text),
    }
}

fn not_utf8(bytes: &[u8], valid_up_to: usize) -> Problem {
    let before = bytes.get(..valid_up_to).unwrap_or_default();
    let position = Position::after(&String::from_utf8_lossy(before));
    let message = format!("byte {valid_up_to} is not UTF-8; save the file as UTF-8");
    Problem::whole(Reason::NotUtf8, message).at(position)
}

fn too_deep(position: Position) -> Problem {
    Problem::whole(Reason::TooLarge, format!("nested deeper than {MAX_DEPTH} levels")).at(position)
}

fn too_many(position: Position) -> Problem {
    Problem::whole(Reason::TooLarge, format!("more than {MAX_VALUES} values; no definition needs so many")).at(position)
}

fn key_too_long(position: Position) -> Problem {
    Problem::whole(Reason::TooLarge, format!("a key of more than {MAX_KEY} bytes")).at(position)
}

fn duplicate_key(pointer: String, key: &str, position: Position, first: Position) -> Problem {
    let message = format!("{} already stands on line {}; keep one of them", shown(key), first.line);
    Problem::new(Reason::DuplicateKey, pointer, message).at(position)
}
