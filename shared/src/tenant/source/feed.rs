//! A document's characters on their way to YAML's scanner.
//!
//! Whatever stands in brackets may turn out to be a key, so the scanner takes all of it before it says anything. What it
//! holds meanwhile is in proportion to the marks in there, and those are counted here.

use std::cell::Cell;
use std::rc::Rc;
use std::str::Chars;

use super::MAX_VALUES;

/// Most marks that are scanned without an event. The values of the largest document that is read have fewer, and so have the
/// commas and colons of any text or comment that somebody means.
const MOST: usize = 4 * MAX_VALUES;

/// How many marks were scanned since the last event.
#[derive(Clone, Default)]
pub(super) struct Marks(Rc<Cell<usize>>);

impl Marks {
    /// The scanner has said something: it holds less from now on.
    pub(super) fn forget(&self) {
        self.0.set(0);
    }

    /// Whether the document was cut off for them.
    pub(super) fn are_too_many(&self) -> bool {
        self.0.get() > MOST
    }
}

/// The characters, up to where there are too many marks.
pub(super) struct Feed<'t> {
    rest: Chars<'t>,
    marks: Marks,
}

impl<'t> Feed<'t> {
    /// All of a text, if its marks allow.
    pub(super) fn new(text: &'t str, marks: &Marks) -> Self {
        Self { rest: text.chars(), marks: marks.clone() }
    }
}

impl Iterator for Feed<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        if self.marks.are_too_many() {
            return None;
        }
        let next = self.rest.next()?;
        if matches!(next, ',' | '[' | ']' | '{' | '}' | ':' | '?' | '&' | '*' | '!') {
            self.marks.0.set(self.marks.0.get() + 1);
        }
        Some(next)
    }
}
