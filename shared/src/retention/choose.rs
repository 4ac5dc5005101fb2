//! What goes. In two steps, so that a tenant of whom nothing is old costs its listing and no look at anything else: what is
//! old enough, then what of that nobody needs any more.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use crate::operation::OperationId;
use crate::platform::Retention;
use crate::records::{Belonging, Outcome, Status};
use crate::store::{Generation, ObjectMeta, ObjectName};

/// Records of a tenant's operations that stay whatever their age, as long as the tenant is there.
pub(super) const NEWEST: usize = 20;
/// A deletion may go on for a while after its export was made: what was exported stays so much longer than the record that
/// names it. The lifecycle rule of the bucket of exports (`terraform/control-plane`) says the same.
const EXPORTS_LONGER: SignedDuration = SignedDuration::from_hours(30 * 24);

/// An object as it was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) name: ObjectName,
    pub(super) generation: Generation,
    written: Timestamp,
}

impl From<ObjectMeta> for Listed {
    fn from(ObjectMeta { name, generation, updated, .. }: ObjectMeta) -> Self {
        Self { name, generation, written: updated }
    }
}

impl Listed {
    fn is_older(&self, than: SignedDuration, now: Timestamp) -> bool {
        now.duration_since(self.written) >= than
    }
}

/// What a listing shows of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OfOperation {
    pub(super) id: OperationId,
    pub(super) objects: Vec<(Belonging, Listed)>,
}

impl OfOperation {
    fn record(&self) -> usize {
        usize::from(self.objects.iter().any(|(belonging, _)| *belonging == Belonging::Record))
    }
}

/// First step: operations of which something is old enough to go. Takes them as they are listed, oldest first, and holds no
/// more than the newest of them and what it found.
pub(super) struct OldEnough {
    now: Timestamp,
    retention: Retention,
    /// How many records stay whatever their age.
    spared: usize,
    newest: VecDeque<OfOperation>,
    found: Vec<OfOperation>,
}

impl OldEnough {
    /// Of a tenant that is there its newest records stay; of one that is gone everything goes in time.
    pub(super) fn of(now: Timestamp, retention: Retention, is_gone: bool) -> Self {
        let spared = if is_gone { 0 } else { NEWEST };
        Self { now, retention, spared, newest: VecDeque::new(), found: Vec::new() }
    }

    /// One more operation, younger than those before.
    pub(super) fn add(&mut self, operation: OfOperation) {
        self.newest.push_back(operation);
        let mut records: usize = self.newest.iter().map(OfOperation::record).sum();
        while records > self.spared {
            let Some(oldest) = self.newest.pop_front() else { return };
            records -= oldest.record();
            self.look_at(oldest, true);
        }
    }

    /// How many objects are old enough.
    pub(super) fn objects(&self) -> usize {
        self.found.iter().map(|operation| operation.objects.len()).sum()
    }

    /// Those of which is known by now that they are.
    pub(super) fn so_far(self) -> Vec<OfOperation> {
        self.found
    }

    /// All of them.
    pub(super) fn end(mut self) -> Vec<OfOperation> {
        for newest in std::mem::take(&mut self.newest) {
            self.look_at(newest, false);
        }
        self.found
    }

    /// The record goes with the last of the rest: without it nobody could say whose that is.
    fn look_at(&mut self, operation: OfOperation, with_record: bool) {
        let now = self.now;
        let OfOperation { id, objects } = operation;
        let (records, rest): (Vec<_>, Vec<_>) = objects.into_iter().partition(|(of, _)| *of == Belonging::Record);
        let others = rest.len();
        let mut old: Vec<_> =
            rest.into_iter().filter(|(_, listed)| listed.is_older(self.retention.logs(), now)).collect();
        if with_record && old.len() == others {
            old.extend(records.into_iter().filter(|(_, listed)| listed.is_older(self.retention.audit(), now)));
        }
        if !old.is_empty() {
            self.found.push(OfOperation { id, objects: old });
        }
    }
}

/// Second step: what of an operation nobody needs, in the order in which it goes: where the record is, whoever comes back finds
/// the rest. `outcome` is how it ended, `None` where no record of it
/// is left; `status` is the tenant's by now.
pub(super) fn not_needed(
    old_enough: OfOperation,
    outcome: Option<Outcome>,
    status: Option<&Status>,
) -> Vec<(Belonging, Listed)> {
    if outcome.is_some_and(|outcome| !outcome.is_final()) {
        return Vec::new();
    }
    let only_its_log = status.is_some_and(|status| is_in_doubt(status) || names(status, old_enough.id));
    let goes = |belonging: Belonging| belonging == Belonging::Log || !only_its_log;
    old_enough.objects.into_iter().filter(|(belonging, _)| goes(*belonging)).collect()
}

/// Nobody can say what the cloud holds: whatever helps to find out stays.
const fn is_in_doubt(status: &Status) -> bool {
    status.in_doubt || status.unsaved
}

/// Whether the tenant's status speaks of an operation: a destroy runs with the variables of one of them.
fn names(status: &Status, operation: OperationId) -> bool {
    let applied = status.applied.as_ref().map(|applied| applied.operation);
    [status.variables, applied, status.operation, status.queued].contains(&Some(operation))
}

/// Whether what is kept of a deleted tenant was kept long enough. `export` stands in for a database's.
pub(super) fn was_kept_long_enough(listed: &Listed, export: bool, retention: &Retention, now: Timestamp) -> bool {
    let kept = retention.graveyard() + if export { EXPORTS_LONGER } else { SignedDuration::ZERO };
    listed.is_older(kept, now)
}

#[cfg(test)]
#[path = "choose_tests.rs"]
mod tests;
