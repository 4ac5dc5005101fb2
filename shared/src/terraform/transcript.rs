//! What one process said, gathered: changes, outputs, errors, and the redacted log on its way out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value};

use super::message::{Line, Message, parse};
use crate::provision::{Change, ChangeAction, ChangeSummary, Diagnostic, ResourceAddress, RunEvent};
use crate::redact::Redactor;

/// Bytes of log that leave one process; the rest is dropped, and the log says so.
const LOG_LIMIT: usize = 1 << 20;
/// Errors that are kept of one process: more of them are more of the same.
const ERROR_LIMIT: usize = 50;
/// Lines outside the protocol that are kept for an error that says nothing itself.
const TAIL_LINES: usize = 20;
/// Characters that are kept of one error's text, or of one line outside the protocol: a line may have megabytes.
const LONGEST_TEXT: usize = 10_000;

/// What a process said so far.
pub(super) struct Transcript {
    redactor: Redactor,
    planned: BTreeSet<Change>,
    done: BTreeMap<ResourceAddress, BTreeSet<ChangeAction>>,
    /// Resources that are not as they were applied.
    pub(super) drifted: BTreeSet<ResourceAddress>,
    /// Outputs with a value, none of them sensitive, redacted all the same.
    pub(super) outputs: Map<String, Value>,
    /// Errors, redacted.
    pub(super) errors: Vec<Diagnostic>,
    tail: VecDeque<String>,
    log_left: usize,
}

impl Transcript {
    pub(super) fn new(redactor: Redactor) -> Self {
        Self {
            redactor,
            planned: BTreeSet::new(),
            done: BTreeMap::new(),
            drifted: BTreeSet::new(),
            outputs: Map::new(),
            errors: Vec::new(),
            tail: VecDeque::new(),
            log_left: LOG_LIMIT,
        }
    }

    /// Takes a line of output and says what is to be told of it.
    pub(super) fn line(&mut self, line: &str) -> Vec<RunEvent> {
        let Line { text, message } = parse(line);
        let mut events = match message {
            Message::Noise => return Vec::new(),
            Message::Error(diagnostic) => {
                let diagnostic = self.redacted(diagnostic);
                let log = self.log(&format!("Error: {}\n{}", diagnostic.summary, diagnostic.detail));
                if self.errors.len() < ERROR_LIMIT {
                    self.errors.push(diagnostic);
                }
                return log;
            }
            message => self.note(message),
        };
        events.extend(self.log(&text));
        events
    }

    /// Takes a line from outside the protocol.
    pub(super) fn noise(&mut self, line: &str) -> Vec<RunEvent> {
        if self.tail.len() == TAIL_LINES {
            self.tail.pop_front();
        }
        self.tail.push_back(self.told(line));
        self.log(line)
    }

    /// What the plan says.
    pub(super) fn planned(&self) -> ChangeSummary {
        self.planned.iter().cloned().collect()
    }

    /// What was done, resource by resource, whatever else was planned. A replacement that stopped half-way is what it
    /// came to.
    pub(super) fn done(&self) -> ChangeSummary {
        let whole = |actions: &BTreeSet<ChangeAction>| {
            actions.contains(&ChangeAction::Create) && actions.contains(&ChangeAction::Delete)
        };
        let changes = self.done.iter().flat_map(|(address, actions)| {
            let replaced = whole(actions).then_some(ChangeAction::Replace);
            let single = actions.iter().copied().filter(move |_| replaced.is_none());
            replaced.into_iter().chain(single).map(|action| Change { address: address.clone(), action })
        });
        changes.collect()
    }

    /// This process carried out the plan that another one made, after a third had done some of the work.
    pub(super) fn follows(&mut self, made: &ChangeSummary, planned: &ChangeSummary) {
        for change in made.changes() {
            self.done.entry(change.address.clone()).or_default().insert(change.action);
        }
        self.planned.extend(made.changes().iter().chain(planned.changes()).cloned());
    }

    /// The errors; what stands outside the protocol, if there are none.
    pub(super) fn into_errors(mut self) -> Vec<Diagnostic> {
        if self.errors.is_empty() {
            let detail = Vec::from(std::mem::take(&mut self.tail)).join("\n");
            self.errors.push(Diagnostic {
                summary: "the run ended without an error message".into(),
                detail,
                address: None,
            });
        }
        self.errors
    }

    fn note(&mut self, message: Message) -> Vec<RunEvent> {
        match message {
            Message::Planned(changes) => self.planned.extend(changes),
            Message::Drifted(address) => {
                self.drifted.insert(address);
            }
            Message::Outputs(mut outputs) => {
                outputs.values_mut().for_each(|value| self.redact_value(value));
                self.outputs = outputs;
            }
            Message::Started(change) => return vec![RunEvent::Started(change)],
            Message::Failed(change) => return vec![RunEvent::Failed(change)],
            Message::Finished { change, elapsed } => {
                self.done.entry(change.address.clone()).or_default().insert(change.action);
                return vec![RunEvent::Finished { change, elapsed }];
            }
            Message::Error(_) | Message::Noise | Message::Other => {}
        }
        Vec::new()
    }

    fn redacted(&self, diagnostic: Diagnostic) -> Diagnostic {
        Diagnostic {
            summary: self.told(&diagnostic.summary),
            detail: self.told(&diagnostic.detail),
            address: diagnostic.address,
        }
    }

    /// Redacted first and cut then: of a secret that is cut in two, neither half is known.
    fn told(&self, text: &str) -> String {
        let mut text = self.redactor.redact(&plain(text));
        if let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT) {
            text.truncate(end);
            text.push('…');
        }
        text
    }

    fn redact_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.redactor.redact(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact_value(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.redact_value(member)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn log(&mut self, text: &str) -> Vec<RunEvent> {
        let text = self.redactor.redact(plain(text).trim());
        if text.is_empty() || self.log_left == 0 {
            return Vec::new();
        }
        if text.len() > self.log_left {
            self.log_left = 0;
            return vec![RunEvent::Log("the rest of this log is left out: it is too long".to_owned())];
        }
        self.log_left -= text.len();
        text.lines().map(|line| RunEvent::Log(line.to_owned())).collect()
    }
}

/// Nothing that a terminal would obey leaves this adapter, and nothing that would part a secret in two until it is shown.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\t' | '\n')).collect()
}
