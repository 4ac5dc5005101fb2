//! What a plan would do or an apply did, by resource.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// A resource's address within the module, such as `google_sql_database.site`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResourceAddress(String);

impl ResourceAddress {
    /// An address as the run reports it.
    pub fn new(address: impl Into<String>) -> Self {
        Self(address.into())
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ResourceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What happens to one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChangeAction {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is destroyed and made anew.
    Replace,
    /// It is destroyed.
    Delete,
    /// It exists and is taken over into the workspace.
    Import,
    /// It stays and is no longer followed.
    Forget,
}

impl fmt::Display for ChangeAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Import => "import",
            Self::Forget => "forget",
        })
    }
}

/// One resource and what happens to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Which resource.
    pub address: ResourceAddress,
    /// What happens to it.
    pub action: ChangeAction,
}

/// All changes of one plan or apply, sorted by address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChangeSummary(Vec<Change>);

impl ChangeSummary {
    /// The changes.
    pub fn changes(&self) -> &[Change] {
        &self.0
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many changes are of one kind.
    pub fn count(&self, action: ChangeAction) -> usize {
        self.0.iter().filter(|change| change.action == action).count()
    }

    /// Names exactly these changes: what an approval is given to.
    pub fn digest(&self) -> Digest {
        let lines: Vec<String> = self.0.iter().map(|change| format!("{} {}", change.action, change.address)).collect();
        Digest::of_parts(lines.iter().map(String::as_bytes))
    }
}

impl FromIterator<Change> for ChangeSummary {
    fn from_iter<I: IntoIterator<Item = Change>>(changes: I) -> Self {
        let mut changes: Vec<Change> = changes.into_iter().collect();
        changes.sort();
        changes.dedup();
        Self(changes)
    }
}

/// `2 to create, 1 to update`, or `nothing to change`.
impl fmt::Display for ChangeSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            (ChangeAction::Create, "to create"),
            (ChangeAction::Import, "to import"),
            (ChangeAction::Update, "to update"),
            (ChangeAction::Replace, "to replace"),
            (ChangeAction::Delete, "to delete"),
            (ChangeAction::Forget, "to forget"),
        ];
        let said: Vec<String> = words
            .into_iter()
            .map(|(action, word)| (self.count(action), word))
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        if said.is_empty() { f.write_str("nothing to change") } else { f.write_str(&said.join(", ")) }
    }
}
