//! What is wrong with a definition: every problem at once, each where it is and with what to do.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::checks::secrets;
use super::source::Position;

/// One problem in a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// JSON pointer (RFC 6901) to the value; empty for the whole document.
    pub pointer: String,
    /// 1-based line, where the source has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// 1-based column, where the source has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// For programs.
    pub reason: Reason,
    /// For people: what is wrong.
    pub message: String,
    /// What to write instead, where something is near.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

impl Problem {
    /// A problem of the value at a pointer.
    pub fn new(reason: Reason, pointer: String, message: String) -> Self {
        Self { pointer, line: None, column: None, reason, message, suggestion: None }
    }

    /// A problem of the whole document.
    pub fn whole(reason: Reason, message: String) -> Self {
        Self::new(reason, String::new(), message)
    }

    /// The same, with what to write instead.
    #[must_use]
    pub fn suggesting(self, suggestion: impl Into<String>) -> Self {
        Self { suggestion: Some(suggestion.into()), ..self }
    }

    /// The same, at a place in the source.
    #[must_use]
    pub(in crate::tenant) fn at(self, position: Position) -> Self {
        Self { line: Some(position.line), column: Some(position.column), ..self }
    }
}

/// Machine reasons, `UPPER_SNAKE` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// Not YAML or JSON at all.
    Syntax,
    /// Not UTF-8.
    NotUtf8,
    /// Larger than a definition may be.
    TooLarge,
    /// Anchors or aliases.
    AliasesNotAllowed,
    /// A key stands twice in one mapping.
    DuplicateKey,
    /// More than one document, or none.
    NotOneDocument,
    /// A field the schema does not know.
    UnknownField,
    /// A required field is missing.
    MissingField,
    /// A value of the wrong type.
    WrongType,
    /// `apiVersion` is not one we know.
    UnknownApiVersion,
    /// `kind` is not `Tenant`.
    UnknownKind,
    /// A value outside what the schema allows (pattern, enum, length, range).
    InvalidValue,
    /// min > max.
    MinAboveMax,
    /// An environment variable that is the platform's.
    ReservedVariable,
    /// The same plugin twice.
    DuplicatePlugin,
    /// The same domain twice.
    DuplicateDomain,
    /// The same variable both plain and secret.
    DuplicateVariable,
    /// A label the cloud would refuse.
    InvalidLabel,
    /// The file stem, or the id in the URL, is not `metadata.name`.
    NameMismatch,
    /// A plain value that looks like a secret.
    LooksLikeSecret,
    /// A tier the platform does not offer.
    UnknownTier,
    /// Every project that offers the tier is closed or full.
    NoRoom,
}

/// One or more problems, in document order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Most problems that are listed: what a person still reads, and what keeps an answer small.
    pub(in crate::tenant) const MOST: usize = 200;

    /// `None` if there is no problem.
    pub fn from_vec(problems: Vec<Problem>) -> Option<Self> {
        (!problems.is_empty()).then_some(Self(problems))
    }

    /// [`Self::sorted`], or `None` if there is no problem.
    pub(in crate::tenant) fn in_document_order(problems: Vec<Problem>) -> Option<Self> {
        (!problems.is_empty()).then(|| Self::sorted(problems))
    }

    /// In document order. A definition that is wrong everywhere is cut after [`Self::MOST`] problems, and says so: who looks
    /// for problems may stop once there are more.
    pub(in crate::tenant) fn sorted(problems: Vec<Problem>) -> Self {
        let Self(mut problems) = Self::ordered(problems);
        if problems.len() > Self::MOST {
            problems.truncate(Self::MOST);
            let message = format!("there are more problems than the {} listed here", Self::MOST);
            problems.push(Problem::whole(Reason::TooLarge, message));
        }
        let mut seen = HashMap::new();
        for problem in &mut problems {
            hide_secrets(&mut problem.pointer, &mut seen);
        }
        Self(problems)
    }

    /// In document order; what has no place comes last.
    pub(in crate::tenant) fn ordered(mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|a, b| {
            let key = |problem: &Problem| (problem.line.is_none(), problem.line, problem.column, problem.reason);
            key(a).cmp(&key(b)).then_with(|| a.pointer.cmp(&b.pointer))
        });
        Self(problems)
    }

    /// These and one more, which comes last.
    #[must_use]
    pub fn and(mut self, problem: Problem) -> Self {
        self.0.push(problem);
        self
    }

    /// The problems; never empty.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }
}

/// A secret that stands where a key should is in no pointer either: the pointer ends above it. Each key is looked at once,
/// however many problems are below it: sixty long ones above two hundred problems took 150 ms.
fn hide_secrets(pointer: &mut String, seen: &mut HashMap<String, bool>) {
    let mut end = 0;
    for step in pointer.split('/').skip(1) {
        let is_secret = seen.get(step).copied().unwrap_or_else(|| {
            let is_secret = secrets::kind_of(step).is_some();
            seen.insert(step.to_owned(), is_secret);
            is_secret
        });
        if is_secret {
            pointer.truncate(end);
            return;
        }
        end += step.len() + 1;
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, "{line}:{column}: ")?;
        }
        if !self.pointer.is_empty() {
            write!(f, "{}: ", self.pointer)?;
        }
        f.write_str(&self.message)?;
        self.suggestion.as_ref().map_or(Ok(()), |suggestion| write!(f, " ({suggestion})"))
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(at, problem)| {
            let between = if at == 0 { "" } else { "; " };
            write!(f, "{between}{problem}")
        })
    }
}

impl std::error::Error for Problems {}
