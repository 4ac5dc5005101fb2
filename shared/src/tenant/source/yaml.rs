//! YAML, event by event: no recursion, so nesting costs no stack; no alias is ever followed, so none can multiply.

use std::collections::btree_map;

use yaml_rust2::parser::{Event, Parser, Tag};
use yaml_rust2::scanner::{Marker, ScanError, TScalarStyle};

use super::feed::{Feed, Marks};
use super::scalar::{NotANumber, resolve};
use super::{Content, Entry, Mapping, Node, Position, Problem, Reason, Scalar, Source, child};
use super::{MAX_DEPTH, MAX_KEY, MAX_VALUES, MOST_PROBLEMS, duplicate_key, key_too_long, too_deep, too_many};

pub(super) fn read(text: &str) -> Source {
    let marks = Marks::default();
    let mut parser = Parser::new(Feed::new(text, &marks));
    let mut reader = Reader::default();
    let mut reached = Position::START;
    loop {
        let next = parser.next_token();
        if marks.are_too_many() {
            reader.refuse(too_many(reached));
            break;
        }
        marks.forget();
        match next {
            Ok((Event::StreamEnd, _)) => break,
            Ok((event, mark)) => {
                reached = position(mark);
                if reader.take(event, reached).is_err() || reader.problems.len() >= MOST_PROBLEMS {
                    break;
                }
            }
            Err(error) => {
                reader.refuse(syntax(&error));
                break;
            }
        }
    }
    reader.finish()
}

/// Nothing sensible can be read after this.
struct Stop;

/// A mapping or sequence that is not yet closed.
enum Open {
    Mapping { at: Position, entries: Mapping, key: Option<(String, Position)> },
    Sequence { at: Position, items: Vec<Node> },
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    values: usize,
    problems: Vec<Problem>,
    /// The tree is not what the text means, so nothing may be concluded from it.
    unreliable: bool,
}

impl Reader {
    fn take(&mut self, event: Event, at: Position) -> Result<(), Stop> {
        match event {
            Event::DocumentStart => self.document(at),
            Event::Alias(_) => {
                self.alias(at);
                self.value(Node { at, content: Content::Scalar(Scalar::Null) })
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_properties(anchor, tag.as_ref(), at);
                self.scalar(text, style, at)
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_properties(anchor, tag.as_ref(), at);
                self.start(Open::Mapping { at, entries: Mapping::new(), key: None }, at)
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_properties(anchor, tag.as_ref(), at);
                self.start(Open::Sequence { at, items: Vec::new() }, at)
            }
            Event::MappingEnd | Event::SequenceEnd => self.end(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn document(&mut self, at: Position) -> Result<(), Stop> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        let message = "a second document starts here; put each tenant into a file of its own".to_owned();
        self.refuse(Problem::whole(Reason::NotOneDocument, message).at(at));
        Err(Stop)
    }

    fn start(&mut self, open: Open, at: Position) -> Result<(), Stop> {
        if matches!(self.open.last(), Some(Open::Mapping { key: None, .. })) {
            let message = "a key must be text, not a list or a mapping".to_owned();
            let problem = Problem::new(Reason::Syntax, self.pointer(), message).at(at);
            self.refuse(problem.suggesting("quote a text that starts with { or ["));
            return Err(Stop);
        }
        if self.open.len() >= MAX_DEPTH {
            self.refuse(too_deep(at));
            return Err(Stop);
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self) -> Result<(), Stop> {
        let node = match self.open.pop() {
            Some(Open::Mapping { at, entries, .. }) => {
                // The parser notices a block mapping only at its first colon; it starts at its first key.
                let first = entries.values().map(|entry| entry.key_at).min();
                Node { at: first.map_or(at, |first| first.min(at)), content: Content::Mapping(entries) }
            }
            Some(Open::Sequence { at, items }) => Node { at, content: Content::Sequence(items) },
            None => return Ok(()),
        };
        self.value(node)
    }

    fn scalar(&mut self, text: String, style: TScalarStyle, at: Position) -> Result<(), Stop> {
        if let Some(Open::Mapping { key: key @ None, .. }) = self.open.last_mut() {
            if text.len() > MAX_KEY {
                self.refuse(key_too_long(at));
                return Err(Stop);
            }
            *key = Some((text, at));
            return Ok(());
        }
        let scalar = match (style, resolve(&text)) {
            (TScalarStyle::Plain, Ok(scalar)) => scalar,
            (TScalarStyle::Plain, Err(NotANumber)) => {
                let message = "is a number that JSON cannot hold".to_owned();
                let problem = Problem::new(Reason::InvalidValue, self.pointer(), message).at(at);
                self.refuse(problem.suggesting("quote it"));
                Scalar::Text(text)
            }
            _ => Scalar::Text(text),
        };
        self.value(Node { at, content: Content::Scalar(scalar) })
    }

    /// Puts a finished value where it belongs.
    fn value(&mut self, mut node: Node) -> Result<(), Stop> {
        self.values += 1;
        if self.values > MAX_VALUES {
            self.refuse(too_many(node.at));
            return Err(Stop);
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::Sequence { items, .. }) => items.push(node),
            Some(Open::Mapping { entries, key, .. }) => {
                let Some((key, key_at)) = key.take() else {
                    // An alias in the place of a key; already refused.
                    *key = Some((String::new(), node.at));
                    return Ok(());
                };
                if node.content == Content::Scalar(Scalar::Null) {
                    // What is not written has no place of its own.
                    node.at = key_at;
                }
                match entries.entry(key) {
                    btree_map::Entry::Vacant(place) => {
                        place.insert(Entry { key_at, value: node });
                    }
                    btree_map::Entry::Occupied(first) => {
                        let (key, first) = (first.key().clone(), first.get().key_at);
                        self.problems.push(duplicate_key(child(&self.pointer(), &key), &key, key_at, first));
                    }
                }
            }
        }
        Ok(())
    }

    fn alias(&mut self, at: Position) {
        let problem = Problem::new(Reason::AliasesNotAllowed, self.pointer(), ALIASES.to_owned()).at(at);
        self.refuse(problem.suggesting(QUOTE_STAR));
    }

    fn refuse_properties(&mut self, anchor: usize, tag: Option<&Tag>, at: Position) {
        // What stands between a key and its value has no place of its own in the parser's events.
        let at = match self.open.last() {
            Some(Open::Mapping { key: Some((_, key_at)), .. }) => *key_at,
            _ => at,
        };
        if anchor != 0 {
            let problem = Problem::new(Reason::AliasesNotAllowed, self.pointer(), ALIASES.to_owned()).at(at);
            self.refuse(problem.suggesting("write the value out where it is used; quote a text that starts with &"));
        }
        if tag.is_some() {
            let message = "tags (!…) are not allowed".to_owned();
            let problem = Problem::new(Reason::Syntax, self.pointer(), message).at(at);
            self.refuse(problem.suggesting("leave the tag out and quote what is text"));
        }
    }

    fn refuse(&mut self, problem: Problem) {
        self.unreliable = true;
        self.problems.push(problem);
    }

    /// Of the value that comes next.
    fn pointer(&self) -> String {
        self.open.iter().fold(String::new(), |pointer, open| match open {
            Open::Mapping { key: Some((key, _)), .. } => child(&pointer, key),
            Open::Mapping { key: None, .. } => pointer,
            Open::Sequence { items, .. } => child(&pointer, &items.len().to_string()),
        })
    }

    fn finish(mut self) -> Source {
        if self.documents == 0 && self.problems.is_empty() {
            self.refuse(Problem::whole(Reason::NotOneDocument, "the document is empty".to_owned()));
        }
        Source { root: self.root.filter(|_| !self.unreliable), problems: self.problems }
    }
}

const ALIASES: &str = "anchors (&) and aliases (*) are not allowed";
const QUOTE_STAR: &str = "write the value out; quote a text that starts with *";

fn position(mark: Marker) -> Position {
    Position::new(mark.line(), mark.col() + 1)
}

fn syntax(error: &ScanError) -> Problem {
    let at = position(*error.marker());
    let info = error.info();
    if info.contains("anchor") || info.contains("alias") {
        return Problem::whole(Reason::AliasesNotAllowed, ALIASES.to_owned()).at(at).suggesting(QUOTE_STAR);
    }
    let problem = Problem::whole(Reason::Syntax, format!("not YAML: {info}")).at(at);
    if info.contains("tab") || info.contains("found character that cannot start any token") {
        return problem.suggesting("indent with spaces, not tabs; quote a text that starts with @, ` or %");
    }
    if info.contains("mapping values are not allowed") {
        return problem.suggesting("quote a text that holds ': ', and check the indentation");
    }
    problem
}
