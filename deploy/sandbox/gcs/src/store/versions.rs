//! All versions of one object, and what a write, a change of attributes or a delete makes of them: pure decisions.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Attributes, Generation, Object, ObjectName};

/// All versions of one name, as the sidecar file keeps them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Versions {
    /// The name they share.
    pub name: ObjectName,
    /// The live version.
    pub live: Option<Arc<Object>>,
    /// Older versions, oldest first.
    pub archived: Vec<Arc<Object>>,
}

/// What happened to a version; each is an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ChangeKind {
    /// It was written.
    Finalized,
    /// It stopped being live and is kept.
    Archived,
    /// It is gone for good.
    Deleted,
}

/// One event about one version.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// To which version.
    pub object: Arc<Object>,
}

/// The versions after a change, and the events it causes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    /// What is to be stored.
    pub next: Versions,
    /// What is to be told.
    pub changes: Vec<Change>,
}

impl Versions {
    /// A name without any version.
    pub(crate) const fn none(name: ObjectName) -> Self {
        Self { name, live: None, archived: Vec::new() }
    }

    /// Whether nothing is left to keep.
    pub(crate) fn is_empty(&self) -> bool {
        self.live.is_none() && self.archived.is_empty()
    }

    /// Every version, oldest first, the live one last.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Object>> {
        self.archived.iter().chain(&self.live)
    }

    /// The live version, or the one that is named.
    pub(crate) fn find(&self, generation: Option<Generation>) -> Option<&Arc<Object>> {
        match generation {
            None => self.live.as_ref(),
            Some(wanted) => self.all().find(|object| object.generation == wanted),
        }
    }

    /// `object` becomes the live version.
    pub(crate) fn write(&self, object: Object, versioning: bool, now: Timestamp) -> Outcome {
        let object = Arc::new(object);
        let mut next = self.clone();
        let mut changes = vec![Change { kind: ChangeKind::Finalized, object: Arc::clone(&object) }];
        if let Some(previous) = next.live.replace(object) {
            changes.push(next.retire(&previous, versioning, now));
        }
        Outcome { next, changes }
    }

    /// The live version is archived or removed; a version that is named is removed for good.
    /// `None`: there is no such version.
    pub(crate) fn delete(&self, generation: Option<Generation>, versioning: bool, now: Timestamp) -> Option<Outcome> {
        let object = Arc::clone(self.find(generation)?);
        let mut next = self.clone();
        next.live = next.live.filter(|live| live.generation != object.generation);
        next.archived.retain(|old| old.generation != object.generation);
        let change = next.retire(&object, versioning && generation.is_none(), now);
        Some(Outcome { next, changes: vec![change] })
    }

    /// The attributes of a version become other ones. `None`: there is no such version.
    pub(crate) fn update(
        &self,
        generation: Option<Generation>,
        attributes: Attributes,
        now: Timestamp,
    ) -> Option<(Outcome, Arc<Object>)> {
        let current = self.find(generation)?;
        let updated = Arc::new(Object {
            metageneration: current.metageneration + 1,
            updated: now,
            attributes,
            ..Object::clone(current)
        });
        let mut next = self.clone();
        for slot in next.archived.iter_mut().chain(&mut next.live) {
            if slot.generation == updated.generation {
                *slot = Arc::clone(&updated);
            }
        }
        Some((Outcome { next, changes: Vec::new() }, updated))
    }

    fn retire(&mut self, object: &Object, keep: bool, now: Timestamp) -> Change {
        let object = Arc::new(Object { archived: object.archived.or(Some(now)), ..object.clone() });
        if keep {
            self.archived.push(Arc::clone(&object));
        }
        let kind = if keep { ChangeKind::Archived } else { ChangeKind::Deleted };
        Change { kind, object }
    }
}
