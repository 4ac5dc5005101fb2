//! Conditions: one statement each about a tenant, with since when and why. The shape is the one Kubernetes made known.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::Generation;

/// What a condition is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ConditionKind {
    /// The site runs as defined. The one to look at.
    Ready,
    /// The definition is valid.
    DefinitionValid,
    /// The tenant has its place, which no setting changes.
    Placed,
    /// The definition was applied.
    Applied,
    /// The guard holds a change that would destroy data.
    Held,
    /// The cloud is not what was applied.
    Drifted,
    /// The definition vanished; destroyed after a grace period.
    Tombstoned,
    /// The wanted plugins are installed.
    PluginsInstalled,
}

impl fmt::Display for ConditionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Whether it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Truth {
    /// It does.
    True,
    /// It does not.
    False,
    /// Not known now.
    Unknown,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// About what.
    #[serde(rename = "type")]
    pub kind: ConditionKind,
    /// Whether it holds.
    pub status: Truth,
    /// For programs, `UpperCamel`.
    pub reason: String,
    /// For people: what is so, and what to do if it should not be.
    pub message: String,
    /// Since when `status` is what it is.
    pub last_transition_time: Timestamp,
    /// The definition it was said about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<Generation>,
}

/// At most one condition of each kind, in the order of [`ConditionKind`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Conditions(Vec<Condition>);

impl Conditions {
    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Condition> {
        self.0.iter()
    }

    /// The condition of one kind.
    pub fn get(&self, kind: ConditionKind) -> Option<&Condition> {
        self.0.iter().find(|condition| condition.kind == kind)
    }

    /// Whether a condition is there and true.
    pub fn is_true(&self, kind: ConditionKind) -> bool {
        self.get(kind).is_some_and(|condition| condition.status == Truth::True)
    }

    /// Says one. The transition time moves only when the truth does, so 'since when' stays right however often it is said.
    pub fn set(&mut self, mut condition: Condition) {
        if let Some(old) = self.0.iter_mut().find(|old| old.kind == condition.kind) {
            if old.status == condition.status {
                condition.last_transition_time = old.last_transition_time;
            }
            *old = condition;
        } else {
            self.0.push(condition);
            self.0.sort_by_key(|condition| condition.kind);
        }
    }

    /// Takes one back: it no longer applies to this tenant.
    pub fn remove(&mut self, kind: ConditionKind) {
        self.0.retain(|condition| condition.kind != kind);
    }
}

impl<'a> IntoIterator for &'a Conditions {
    type Item = &'a Condition;
    type IntoIter = std::slice::Iter<'a, Condition>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(status: Truth, at: i64) -> Condition {
        Condition {
            kind: ConditionKind::Ready,
            status,
            reason: "Because".to_owned(),
            message: String::new(),
            last_transition_time: Timestamp::from_second(at).unwrap(),
            observed_generation: None,
        }
    }

    #[test]
    fn the_transition_time_moves_with_the_truth_only() {
        let mut conditions = Conditions::default();
        let since =
            |conditions: &Conditions| conditions.get(ConditionKind::Ready).unwrap().last_transition_time.as_second();
        conditions.set(ready(Truth::True, 10));
        conditions.set(ready(Truth::True, 20));
        assert_eq!(since(&conditions), 10);
        conditions.set(ready(Truth::False, 30));
        assert_eq!(since(&conditions), 30);
    }
}
