//! Faults a test can switch on while the server runs: what a cloud does on a bad day.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What a request does, whatever protocol it came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Read an object's content.
    Read,
    /// Read an object's description.
    Get,
    /// List objects.
    List,
    /// Write an object, in one request or with the last part of a resumable upload.
    Write,
    /// Delete an object.
    Delete,
    /// Change an object's attributes.
    Update,
    /// Anything about buckets, and parts of uploads.
    Other,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request is carried out after this time.
    Delay(Duration),
    /// Answered 429, no effect.
    TooManyRequests,
    /// Answered 503, no effect.
    Unavailable,
    /// Answered 503 with `Retry-After` in so many seconds, no effect.
    Later(u32),
    /// The connection breaks in the middle of the content of a read. For anything but a read the same as
    /// [`Fault::LostAnswer`].
    TornResponse,
    /// The request takes effect, then the connection breaks without an answer.
    LostAnswer,
}

/// When a fault strikes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// For which operation; `None`: for all.
    pub operation: Option<Operation>,
    /// For which objects: `BUCKET/NAME` starts with it. For a listing `NAME` is the listed prefix. Empty: for all.
    pub prefix: String,
    /// What goes wrong.
    pub fault: Fault,
    /// How many times.
    pub times: u32,
}

/// The rules in force; the first that fits a request is used up first.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Mutex<Vec<Rule>>,
}

impl Faults {
    /// Adds a rule behind the ones in force.
    pub fn inject(&self, rule: Rule) {
        if rule.times > 0 {
            self.rules.lock().unwrap_or_else(PoisonError::into_inner).push(rule);
        }
    }

    /// Ends all faults.
    pub fn clear(&self) {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The rules that are not used up yet.
    pub fn pending(&self) -> Vec<Rule> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The fault for this request, if one is due; counts it.
    pub(crate) fn strike(&self, operation: Operation, path: &str) -> Option<Fault> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let at = rules.iter().position(|rule| {
            rule.operation.is_none_or(|wanted| wanted == operation) && path.starts_with(&rule.prefix)
        })?;
        let rule = rules.get_mut(at)?;
        let fault = rule.fault;
        rule.times -= 1;
        if rule.times == 0 {
            rules.remove(at);
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_strikes_what_it_fits_so_many_times() {
        let faults = Faults::default();
        faults.inject(Rule {
            operation: Some(Operation::Write),
            prefix: "records/status/".into(),
            fault: Fault::Unavailable,
            times: 2,
        });
        assert_eq!(faults.strike(Operation::Read, "records/status/acme.json"), None);
        assert_eq!(faults.strike(Operation::Write, "records/leases/acme.json"), None);
        for expected in [Some(Fault::Unavailable), Some(Fault::Unavailable), None] {
            assert_eq!(faults.strike(Operation::Write, "records/status/acme.json"), expected);
        }
        assert_eq!(faults.pending(), Vec::new());
    }
}
