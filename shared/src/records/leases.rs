//! Leases: who works on a tenant, or holds one of a database instance's slots, now.
//!
//! The object stays when a lease is released, so that epochs only ever grow. A lease says who should work, not who may
//! save: that is fenced where state is written, whatever any clock says. It also carries the operations whose work nobody
//! has settled yet, so that no takeover, however often it dies half-way, forgets one.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::operation::OperationId;
use crate::provision::Epoch;
use crate::store::document::{read_json, write_json};
use crate::store::{Generation, ObjectMeta, ObjectName, ObjectStore, Precondition, StoreError, Versioned};

/// Metadata of a lease that somebody holds: until when.
const EXPIRES: &str = "expires";
/// Metadata of a lease that nobody holds, and under which work is left to settle.
const UNSETTLED: &str = "unsettled";

/// Leases given back here that are remembered; a process that has worked on more tenants reads the rest again.
const REMEMBERED: usize = 1024;

/// What is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LeaseRecord {
    epoch: Epoch,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    holder: Option<Holder>,
    /// Operations of earlier holders that nobody has settled, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unsettled: Vec<OperationId>,
}

/// Who holds a lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The process.
    pub process: String,
    /// On behalf of which operation.
    pub operation: OperationId,
    /// Until when, unless renewed.
    pub expires: Timestamp,
}

/// A lease that is ours.
#[derive(Debug, Clone)]
pub struct Lease {
    name: ObjectName,
    generation: Generation,
    operation: OperationId,
    /// Under which state may be saved.
    pub epoch: Epoch,
    /// Operations whose work must be settled first: their holders' leases ran out, or were given back unsettled.
    pub unsettled: Vec<OperationId>,
}

/// What asking for a lease came to.
#[derive(Debug, Clone)]
pub enum Acquired {
    /// It is ours.
    Mine(Lease),
    /// Somebody works there.
    Held(Holder),
}

/// What a listing says of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseMark {
    expires: Option<Timestamp>,
    unsettled: bool,
}

impl LeaseMark {
    /// What an object's metadata says.
    pub fn of(meta: &ObjectMeta) -> Self {
        let expires = meta.metadata.get(EXPIRES).and_then(|text| text.parse().ok());
        Self { expires, unsettled: meta.metadata.contains_key(UNSETTLED) }
    }

    /// Whether somebody works under it.
    pub fn is_held(self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires > now)
    }

    /// Whether work is left under it that nobody does any more.
    pub fn is_abandoned(self, now: Timestamp) -> bool {
        self.expires.map_or(self.unsettled, |expires| expires <= now)
    }
}

impl LeaseRecord {
    fn metadata(&self) -> BTreeMap<String, String> {
        match &self.holder {
            Some(holder) => BTreeMap::from([(EXPIRES.to_owned(), holder.expires.to_string())]),
            None if self.unsettled.is_empty() => BTreeMap::new(),
            None => BTreeMap::from([(UNSETTLED.to_owned(), self.unsettled.len().to_string())]),
        }
    }
}

/// Gives out leases over a bucket.
#[derive(Clone)]
pub struct Leases {
    records: Arc<dyn ObjectStore>,
    clock: Arc<dyn Clock>,
    process: String,
    term: Duration,
    given_back: Arc<Mutex<HashMap<ObjectName, Free>>>,
}

/// A lease that nobody held when it was last heard of: worth a try without a look, as the write's precondition tells.
#[derive(Debug, Clone, Copy)]
enum Free {
    /// Nobody ever had it.
    New,
    /// It was given back.
    Since { epoch: Epoch, generation: Generation },
}

impl Leases {
    /// `process` names this process and no other; `term` is how long a lease holds without being renewed.
    pub fn new(records: Arc<dyn ObjectStore>, clock: Arc<dyn Clock>, process: String, term: Duration) -> Self {
        Self { records, clock, process, term, given_back: Arc::default() }
    }

    /// How long a lease holds without being renewed.
    pub const fn term(&self) -> Duration {
        self.term
    }

    /// Asks once. A free lease, or one that ran out, becomes ours under a higher epoch; one that is ours by an earlier
    /// asking, whose answer was lost, is ours.
    pub async fn acquire(&self, name: &ObjectName, operation: OperationId) -> Result<Acquired, StoreError> {
        let free = self.given_back().remove(name);
        self.try_then_look(name, operation, free).await
    }

    /// The same for a lease that nobody has had yet, as far as anybody can tell.
    pub async fn acquire_new(&self, name: &ObjectName, operation: OperationId) -> Result<Acquired, StoreError> {
        let free = self.given_back().remove(name).unwrap_or(Free::New);
        self.try_then_look(name, operation, Some(free)).await
    }

    async fn try_then_look(
        &self,
        name: &ObjectName,
        operation: OperationId,
        free: Option<Free>,
    ) -> Result<Acquired, StoreError> {
        let Some(free) = free else { return self.look_then_try(name, operation).await };
        let (epoch, when) = match free {
            Free::New => (Epoch(1), Precondition::Absent),
            Free::Since { epoch, generation } => (Epoch(epoch.0 + 1), Precondition::Matches(generation)),
        };
        let record = self.record(epoch, Some(operation), Vec::new());
        match self.store(name, &record, when).await {
            Ok(generation) => {
                let unsettled = Vec::new();
                Ok(Acquired::Mine(Lease { name: name.clone(), generation, operation, epoch, unsettled }))
            }
            Err(StoreError::PreconditionFailed { .. }) => self.look_then_try(name, operation).await,
            Err(error) => Err(error),
        }
    }

    async fn look_then_try(&self, name: &ObjectName, operation: OperationId) -> Result<Acquired, StoreError> {
        let now = self.clock.now();
        let old = self.read(name).await?;
        let (record, when) = match old {
            None => (self.record(Epoch(1), Some(operation), Vec::new()), Precondition::Absent),
            Some(Versioned { value: old, generation }) => {
                if let Some(holder) = old.holder.clone().filter(|holder| holder.expires > now) {
                    return Ok(self.held(name, operation, old, holder, generation));
                }
                let (epoch, mut unsettled) = (Epoch(old.epoch.0 + 1), old.unsettled);
                unsettled.extend(old.holder.map(|holder| holder.operation));
                unsettled.dedup();
                (self.record(epoch, Some(operation), unsettled), Precondition::Matches(generation))
            }
        };
        match self.store(name, &record, when).await {
            Ok(generation) => {
                let (name, LeaseRecord { epoch, unsettled, .. }) = (name.clone(), record);
                Ok(Acquired::Mine(Lease { name, generation, operation, epoch, unsettled }))
            }
            Err(StoreError::PreconditionFailed { .. }) => self.who_won(name, operation, now).await,
            Err(error) => Err(error),
        }
    }

    /// Extends a lease; [`StoreError::PreconditionFailed`] says that it is no longer ours.
    pub async fn renew(&self, lease: &mut Lease) -> Result<(), StoreError> {
        let record = self.record(lease.epoch, Some(lease.operation), lease.unsettled.clone());
        lease.generation = self.replace(lease, &record).await?;
        Ok(())
    }

    /// Gives a lease back. What it still names as unsettled stays to be settled by whoever comes next. One that is no longer
    /// ours is somebody else's to give back.
    pub async fn release(&self, lease: Lease) -> Result<(), StoreError> {
        let record = self.record(lease.epoch, None, lease.unsettled.clone());
        match self.replace(&lease, &record).await {
            Ok(generation) => {
                if lease.unsettled.is_empty() {
                    self.remember(lease.name, Free::Since { epoch: lease.epoch, generation });
                }
                Ok(())
            }
            Err(StoreError::PreconditionFailed { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn remember(&self, name: ObjectName, free: Free) {
        let mut given_back = self.given_back();
        if given_back.len() >= REMEMBERED {
            given_back.clear();
        }
        given_back.insert(name, free);
    }

    fn given_back(&self) -> MutexGuard<'_, HashMap<ObjectName, Free>> {
        self.given_back.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who holds a lease, run out or not; `None` if nobody does.
    pub async fn holder(&self, name: &ObjectName) -> Result<Option<Holder>, StoreError> {
        Ok(self.read(name).await?.and_then(|record| record.value.holder))
    }

    /// Whether nobody has taken a lease over that was given out under this epoch.
    pub async fn is_still(&self, name: &ObjectName, epoch: Epoch) -> Result<bool, StoreError> {
        let found = self.read(name).await?;
        Ok(found.is_some_and(|record| record.value.epoch == epoch && record.value.holder.is_some()))
    }

    /// An operation that is left to settle and that nobody works on: its holder's lease ran out, or was given back so.
    pub async fn abandoned(&self, name: &ObjectName) -> Result<Option<OperationId>, StoreError> {
        let now = self.clock.now();
        let Some(meta) = self.records.stat(name).await? else { return Ok(None) };
        if !LeaseMark::of(&meta).is_abandoned(now) {
            return Ok(None);
        }
        let Some(Versioned { value: record, .. }) = self.read(name).await? else { return Ok(None) };
        Ok(match record.holder {
            Some(holder) if holder.expires > now => None,
            holder => record.unsettled.first().copied().or(holder.map(|holder| holder.operation)),
        })
    }

    async fn read(&self, name: &ObjectName) -> Result<Option<Versioned<LeaseRecord>>, StoreError> {
        read_json(self.records.as_ref(), name).await
    }

    fn record(&self, epoch: Epoch, operation: Option<OperationId>, unsettled: Vec<OperationId>) -> LeaseRecord {
        let expires = self.clock.now().saturating_add(self.term).unwrap_or(Timestamp::MAX);
        let holder = operation.map(|operation| Holder { process: self.process.clone(), operation, expires });
        LeaseRecord { epoch, holder, unsettled }
    }

    async fn store(
        &self,
        name: &ObjectName,
        record: &LeaseRecord,
        when: Precondition,
    ) -> Result<Generation, StoreError> {
        write_json(self.records.as_ref(), name, record, record.metadata(), when).await
    }

    /// Writes over a lease of ours. An earlier write of ours whose answer was lost has moved it on: it is ours all the same.
    async fn replace(&self, lease: &Lease, record: &LeaseRecord) -> Result<Generation, StoreError> {
        let failed = match self.store(&lease.name, record, Precondition::Matches(lease.generation)).await {
            Err(failed @ StoreError::PreconditionFailed { .. }) => failed,
            other => return other,
        };
        let Some(Versioned { value: found, generation }) = self.read(&lease.name).await? else { return Err(failed) };
        let ours =
            found.epoch == lease.epoch && found.holder.is_some_and(|holder| self.is_mine(&holder, lease.operation));
        if !ours {
            return Err(failed);
        }
        self.store(&lease.name, record, Precondition::Matches(generation)).await
    }

    fn is_mine(&self, holder: &Holder, operation: OperationId) -> bool {
        holder.process == self.process && holder.operation == operation
    }

    fn held(
        &self,
        name: &ObjectName,
        operation: OperationId,
        record: LeaseRecord,
        holder: Holder,
        generation: Generation,
    ) -> Acquired {
        if !self.is_mine(&holder, operation) {
            return Acquired::Held(holder);
        }
        let LeaseRecord { epoch, unsettled, .. } = record;
        Acquired::Mine(Lease { name: name.clone(), generation, operation, epoch, unsettled })
    }

    async fn who_won(&self, name: &ObjectName, operation: OperationId, now: Timestamp) -> Result<Acquired, StoreError> {
        let Some(Versioned { value: record, generation }) = self.read(name).await? else { return Err(hands(name)) };
        match record.holder.clone().filter(|holder| holder.expires > now) {
            Some(holder) => Ok(self.held(name, operation, record, holder, generation)),
            // They were as quick to give it back: whoever waits asks again.
            None => Err(hands(name)),
        }
    }
}

fn hands(name: &ObjectName) -> StoreError {
    StoreError::Unavailable { reason: format!("'{name}' changes hands") }
}

#[cfg(test)]
#[path = "leases_tests.rs"]
mod tests;
