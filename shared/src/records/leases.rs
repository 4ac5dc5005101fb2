//! Leases: who works on a tenant, or holds one of a database instance's slots, now.
//!
//! The object stays when a lease is released, so that epochs only ever grow. A lease says who should work, not who may
//! save: that is fenced where state is written, whatever any clock says.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::operation::OperationId;
use crate::provision::Epoch;
use crate::store::document::{read_json, write_json};
use crate::store::{Generation, ObjectName, ObjectStore, Precondition, StoreError};

/// Leases given back here that are remembered; a process that has worked on more tenants reads the rest again.
const REMEMBERED: usize = 1024;

/// What is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LeaseRecord {
    epoch: Epoch,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    holder: Option<Holder>,
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
    /// Whose lease ran out before ours began: its work must be recovered first.
    pub taken_over: Option<OperationId>,
}

/// What asking for a lease came to.
#[derive(Debug, Clone)]
pub enum Acquired {
    /// It is ours.
    Mine(Lease),
    /// Somebody works there.
    Held(Holder),
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
    /// `process` names this process to people; `term` is how long a lease holds without being renewed.
    pub fn new(records: Arc<dyn ObjectStore>, clock: Arc<dyn Clock>, process: String, term: Duration) -> Self {
        Self { records, clock, process, term, given_back: Arc::default() }
    }

    /// How long a lease holds without being renewed.
    pub const fn term(&self) -> Duration {
        self.term
    }

    /// Asks once. A free lease, or one that ran out, becomes ours under a higher epoch.
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
        match self.store(name, epoch, Some(operation), when).await {
            Ok(generation) => {
                Ok(Acquired::Mine(Lease { name: name.clone(), generation, operation, epoch, taken_over: None }))
            }
            Err(StoreError::PreconditionFailed { .. }) => self.look_then_try(name, operation).await,
            Err(error) => Err(error),
        }
    }

    async fn look_then_try(&self, name: &ObjectName, operation: OperationId) -> Result<Acquired, StoreError> {
        let now = self.clock.now();
        let old = read_json::<LeaseRecord>(self.records.as_ref(), name).await?;
        let (epoch, previous, when) = match old {
            None => (Epoch(1), None, Precondition::Absent),
            Some(old) => {
                if let Some(holder) = old.value.holder.clone().filter(|holder| holder.expires > now) {
                    return Ok(Acquired::Held(holder));
                }
                (Epoch(old.value.epoch.0 + 1), old.value.holder, Precondition::Matches(old.generation))
            }
        };
        match self.store(name, epoch, Some(operation), when).await {
            Ok(generation) => {
                let taken_over = previous.map(|holder| holder.operation);
                Ok(Acquired::Mine(Lease { name: name.clone(), generation, operation, epoch, taken_over }))
            }
            Err(StoreError::PreconditionFailed { .. }) => self.who_won(name, now).await,
            Err(error) => Err(error),
        }
    }

    /// Extends a lease; [`StoreError::PreconditionFailed`] says that it is no longer ours.
    pub async fn renew(&self, lease: &mut Lease) -> Result<(), StoreError> {
        let when = Precondition::Matches(lease.generation);
        lease.generation = self.store(&lease.name, lease.epoch, Some(lease.operation), when).await?;
        Ok(())
    }

    /// Gives a lease back. One that is no longer ours is somebody else's to give back.
    pub async fn release(&self, lease: Lease) -> Result<(), StoreError> {
        match self.store(&lease.name, lease.epoch, None, Precondition::Matches(lease.generation)).await {
            Ok(generation) => {
                self.remember(lease.name, Free::Since { epoch: lease.epoch, generation });
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
        let record = read_json::<LeaseRecord>(self.records.as_ref(), name).await?;
        Ok(record.and_then(|record| record.value.holder))
    }

    async fn store(
        &self,
        name: &ObjectName,
        epoch: Epoch,
        operation: Option<OperationId>,
        when: Precondition,
    ) -> Result<Generation, StoreError> {
        let expires = self.clock.now().saturating_add(self.term).unwrap_or(Timestamp::MAX);
        let holder = operation.map(|operation| Holder { process: self.process.clone(), operation, expires });
        write_json(self.records.as_ref(), name, &LeaseRecord { epoch, holder }, BTreeMap::new(), when).await
    }

    async fn who_won(&self, name: &ObjectName, now: Timestamp) -> Result<Acquired, StoreError> {
        match self.holder(name).await?.filter(|holder| holder.expires > now) {
            Some(holder) => Ok(Acquired::Held(holder)),
            // They were as quick to give it back: whoever waits asks again.
            None => Err(StoreError::Unavailable { reason: format!("'{name}' changes hands") }),
        }
    }
}
