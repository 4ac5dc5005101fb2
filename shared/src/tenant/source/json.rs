//! JSON. `serde_json` says whether it is JSON at all; the walk here only finds where things stand, and what stands twice.

use std::collections::btree_map;

use serde::de::IgnoredAny;

use super::scalar::whole_where_whole;
use super::{Content, Entry, Mapping, Node, Position, Problem, Reason, Scalar, Source, child};
use super::{MAX_DEPTH, MAX_KEY, MAX_VALUES, MOST_PROBLEMS, duplicate_key, key_too_long, too_deep, too_many};

pub(super) fn read(text: &str) -> Source {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        return Source::refused(syntax(&error));
    }
    let mut walk = Walk { rest: text, at: Position::START, values: 0, problems: Vec::new() };
    match walk.value(Place::Root, 0) {
        Ok(root) => Source { root: Some(root), problems: walk.problems },
        Err(problem) => {
            walk.problems.push(*problem);
            Source { root: None, problems: walk.problems }
        }
    }
}

fn syntax(error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    let at = Position::new(error.line().max(1), error.column().max(1));
    if what == "trailing characters" {
        let message = "something follows the document; a definition is one JSON object".to_owned();
        return Problem::whole(Reason::NotOneDocument, message).at(at);
    }
    Problem::whole(Reason::Syntax, format!("not JSON: {what}")).at(at)
}

/// Boxed: the error path is rare and a problem is large.
type Walked<T> = Result<T, Box<Problem>>;

/// A walk over text that is known to be JSON.
struct Walk<'a> {
    rest: &'a str,
    at: Position,
    values: usize,
    problems: Vec<Problem>,
}

/// Where the walk is. A pointer is only made of it for a problem: it may be as long as all keys above it.
#[derive(Clone, Copy)]
enum Place<'p> {
    Root,
    Key(&'p Place<'p>, &'p str),
    Item(&'p Place<'p>, usize),
}

impl Place<'_> {
    fn pointer(self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Key(above, key) => child(&above.pointer(), key),
            Self::Item(above, at) => child(&above.pointer(), &at.to_string()),
        }
    }
}

impl<'a> Walk<'a> {
    fn value(&mut self, place: Place<'_>, depth: usize) -> Walked<Node> {
        self.space();
        let at = self.at;
        self.values += 1;
        if depth > MAX_DEPTH {
            return Err(Box::new(too_deep(at)));
        }
        if self.values > MAX_VALUES {
            return Err(Box::new(too_many(at)));
        }
        let content = match self.rest.as_bytes().first() {
            Some(b'{') => Content::Mapping(self.mapping(place, depth)?),
            Some(b'[') => Content::Sequence(self.sequence(place, depth)?),
            Some(b'"') => Content::Scalar(Scalar::Text(self.string()?)),
            _ => Content::Scalar(self.word()?),
        };
        Ok(Node { at, content })
    }

    fn mapping(&mut self, place: Place<'_>, depth: usize) -> Walked<Mapping> {
        let mut entries = Mapping::new();
        self.take(1);
        while !self.closes(b'}') {
            let key_at = self.at;
            let key = self.string()?;
            self.space();
            self.take(1);
            if key.len() > MAX_KEY {
                return Err(Box::new(key_too_long(key_at)));
            }
            let value = self.value(Place::Key(&place, &key), depth + 1)?;
            match entries.entry(key) {
                btree_map::Entry::Vacant(place) => {
                    place.insert(Entry { key_at, value });
                }
                btree_map::Entry::Occupied(first) => {
                    let pointer = Place::Key(&place, first.key()).pointer();
                    let problem = duplicate_key(pointer, first.key(), key_at, first.get().key_at);
                    if self.problems.len() + 1 >= MOST_PROBLEMS {
                        return Err(Box::new(problem));
                    }
                    self.problems.push(problem);
                }
            }
        }
        Ok(entries)
    }

    fn sequence(&mut self, place: Place<'_>, depth: usize) -> Walked<Vec<Node>> {
        let mut items = Vec::new();
        self.take(1);
        while !self.closes(b']') {
            items.push(self.value(Place::Item(&place, items.len()), depth + 1)?);
        }
        Ok(items)
    }

    /// Goes to the next item, or over the closing bracket. What ends early ends here too, whatever the syntax check said.
    fn closes(&mut self, bracket: u8) -> bool {
        self.space();
        if self.rest.starts_with(',') {
            self.take(1);
            self.space();
        }
        let closes = self.rest.as_bytes().first().is_none_or(|byte| *byte == bracket);
        self.take(usize::from(closes));
        closes
    }

    fn string(&mut self) -> Walked<String> {
        let bytes = self.rest.as_bytes();
        let mut end = 1;
        while let Some(byte) = bytes.get(end).filter(|byte| **byte != b'"') {
            end += if *byte == b'\\' { 2 } else { 1 };
        }
        self.parse(end + 1)
    }

    fn word(&mut self) -> Walked<Scalar> {
        let ends = |character: char| character.is_ascii_whitespace() || matches!(character, ',' | ']' | '}' | ':');
        let written = self.rest.get(..self.rest.find(ends).unwrap_or(self.rest.len())).unwrap_or_default().to_owned();
        let at = self.at;
        let out_of_range =
            || Box::new(Problem::whole(Reason::Syntax, "not JSON: number out of range".to_owned()).at(at));
        Ok(match self.parse::<serde_json::Value>(written.len())? {
            serde_json::Value::Null => Scalar::Null,
            serde_json::Value::Bool(value) => Scalar::Bool { value, written },
            serde_json::Value::Number(number) => {
                let value = match number.as_f64() {
                    Some(float) if number.is_f64() => whole_where_whole(float).map_err(|_| out_of_range())?,
                    _ => number,
                };
                Scalar::Number { value, written }
            }
            _ => return Err(out_of_range()),
        })
    }

    /// Has the next bytes read by who knows how: escapes, surrogates, number ranges.
    fn parse<T: serde::de::DeserializeOwned>(&mut self, length: usize) -> Walked<T> {
        let at = self.at;
        let taken = self.take(length);
        serde_json::from_str(taken).map_err(|error| {
            let problem = syntax(&error);
            let column = at.column + problem.column.unwrap_or(1).saturating_sub(1);
            Box::new(problem.at(Position { line: at.line, column }))
        })
    }

    fn space(&mut self) {
        let length = self.rest.len() - self.rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.take(length);
    }

    /// Goes on by so many bytes, or to the end.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        for character in taken.chars() {
            if character == '\n' {
                self.at = Position { line: self.at.line.saturating_add(1), column: 1 };
            } else {
                self.at.column = self.at.column.saturating_add(1);
            }
        }
        self.rest = rest;
        taken
    }
}
