//! Status records: one object a tenant, written by compare-and-swap, a summary of it as metadata; and what the sweep
//! counted over all of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::names::RecordName;
use super::status::Status;
use super::summary::StatusSummary;
use crate::placement::Occupancy;
use crate::store::document::{delete_surely, read_json, write_json};
use crate::store::{Generation, ObjectStore, Precondition, StoreError, Versioned};
use crate::tenant::TenantId;

/// How often a lost compare-and-swap is tried again: writers of one tenant's status are few, and each makes progress.
const ATTEMPTS: usize = 20;

/// Reads and writes status records.
#[derive(Clone)]
pub struct Statuses {
    records: Arc<dyn ObjectStore>,
}

impl Statuses {
    /// Over the records bucket.
    pub fn new(records: Arc<dyn ObjectStore>) -> Self {
        Self { records }
    }

    /// A tenant's status; `None` if nobody has looked at it yet.
    pub async fn read(&self, tenant: &TenantId) -> Result<Option<Versioned<Status>>, StoreError> {
        read_json(self.records.as_ref(), &RecordName::status(tenant)).await
    }

    /// A tenant's status in short, from metadata alone. `None` also where only the body would tell.
    pub async fn summary(&self, tenant: &TenantId) -> Result<Option<StatusSummary>, StoreError> {
        let meta = self.records.stat(&RecordName::status(tenant)).await?;
        Ok(meta.and_then(|meta| StatusSummary::from_metadata(&meta.metadata)))
    }

    /// Writes a status that was read (or was not there) at `when`.
    pub async fn write(&self, status: &Status, when: Precondition) -> Result<Generation, StoreError> {
        let name = RecordName::status(&status.tenant);
        write_json(self.records.as_ref(), &name, status, StatusSummary::from(status).to_metadata(), when).await
    }

    /// Changes a status whatever it is by now; `change` is called again when somebody else wrote meanwhile. Nothing is
    /// written when it changes nothing.
    pub async fn update(
        &self,
        tenant: &TenantId,
        change: impl FnMut(&mut Status),
    ) -> Result<Versioned<Status>, StoreError> {
        let seen = self.read(tenant).await?;
        self.update_seen(tenant, seen, change).await
    }

    /// The same, beginning with what was seen last instead of a read: one call where nobody else wrote since.
    pub async fn update_seen(
        &self,
        tenant: &TenantId,
        mut seen: Option<Versioned<Status>>,
        mut change: impl FnMut(&mut Status),
    ) -> Result<Versioned<Status>, StoreError> {
        for _ in 0..ATTEMPTS {
            let mut status = seen.as_ref().map_or_else(|| Status::new(tenant.clone()), |seen| seen.value.clone());
            change(&mut status);
            let when = match seen {
                Some(seen) if seen.value == status => return Ok(seen),
                Some(seen) => Precondition::Matches(seen.generation),
                None => Precondition::Absent,
            };
            match self.write(&status, when).await {
                Ok(generation) => return Ok(Versioned { value: status, generation }),
                Err(StoreError::PreconditionFailed { .. }) => seen = self.read(tenant).await?,
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Unavailable {
            reason: format!("the status of '{tenant}' is being written by too many at once"),
        })
    }

    /// How many tenants were where when the last whole sweep looked; none anywhere before there was one.
    pub async fn occupancy(&self) -> Result<Occupancy, StoreError> {
        let counted = read_json(self.records.as_ref(), &RecordName::occupancy()).await?;
        Ok(counted.map(|counted| counted.value).unwrap_or_default())
    }

    /// Writes down what a whole sweep counted. A newer sweep's word stands.
    pub async fn record_occupancy(&self, counted: &Occupancy) -> Result<(), StoreError> {
        let name = RecordName::occupancy();
        let when = match read_json::<Occupancy>(self.records.as_ref(), &name).await? {
            Some(old) if old.value.at >= counted.at || old.value.tenants == counted.tenants => return Ok(()),
            Some(old) => Precondition::Matches(old.generation),
            None => Precondition::Absent,
        };
        match write_json(self.records.as_ref(), &name, counted, BTreeMap::new(), when).await {
            Ok(_) | Err(StoreError::PreconditionFailed { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Forgets a tenant: its resources are gone, or are no longer ours.
    pub async fn remove(&self, status: &Versioned<Status>) -> Result<(), StoreError> {
        delete_surely(self.records.as_ref(), &RecordName::status(&status.value.tenant), status.generation).await
    }
}
