//! The rollout's record, and the module that the workers said they hold: two small objects for the whole fleet.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::names::RecordName;
use crate::digest::Digest;
use crate::rollout::{Refused, Rollout};
use crate::store::document::{read_json, write_json};
use crate::store::{ObjectStore, Precondition, StoreError, Versioned};

/// Writers of the one record are a sweep and a person: who loses reads again.
const ATTEMPTS: usize = 10;

/// What `fleet/module.json` says. The sweep has no module of its own, and takes the workers' word for what is deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Announced {
    module: Digest,
    at: Timestamp,
}

/// Reads and writes the rollout's record.
#[derive(Clone)]
pub struct Rollouts {
    records: Arc<dyn ObjectStore>,
}

impl Rollouts {
    /// Over the records bucket.
    pub fn new(records: Arc<dyn ObjectStore>) -> Self {
        Self { records }
    }

    /// The rollout under way or the last one; `None` before the first.
    pub async fn read(&self) -> Result<Option<Versioned<Rollout>>, StoreError> {
        read_json(self.records.as_ref(), &RecordName::rollout()).await
    }

    /// Writes what became of the record that was read. Says whether it was written: somebody else may have been first.
    pub async fn write(&self, rollout: &Rollout, seen: Option<&Versioned<Rollout>>) -> Result<bool, StoreError> {
        let when = seen.map_or(Precondition::Absent, |seen| Precondition::Matches(seen.generation));
        match write_json(self.records.as_ref(), &RecordName::rollout(), rollout, BTreeMap::new(), when).await {
            Ok(_) => Ok(true),
            Err(StoreError::PreconditionFailed { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Changes the record whatever it is by now, unless `change` refuses.
    pub async fn update(
        &self,
        mut change: impl FnMut(&Rollout) -> Result<Rollout, Refused>,
    ) -> Result<Result<Rollout, Refused>, StoreError> {
        for _ in 0..ATTEMPTS {
            let Some(seen) = self.read().await? else { return Ok(Err(Refused::None)) };
            let changed = match change(&seen.value) {
                Ok(changed) => changed,
                Err(refused) => return Ok(Err(refused)),
            };
            if changed == seen.value || self.write(&changed, Some(&seen)).await? {
                return Ok(Ok(changed));
            }
        }
        Err(StoreError::Unavailable { reason: "the rollout's record is being written by too many at once".to_owned() })
    }

    /// The module that the last worker to start holds; `None` before there was one.
    pub async fn module(&self) -> Result<Option<Digest>, StoreError> {
        let announced = read_json::<Announced>(self.records.as_ref(), &RecordName::module()).await?;
        Ok(announced.map(|announced| announced.value.module))
    }

    /// Says which module this worker holds.
    pub async fn announce(&self, module: Digest, at: Timestamp) -> Result<(), StoreError> {
        let known = read_json::<Announced>(self.records.as_ref(), &RecordName::module()).await?;
        let when = match known {
            Some(known) if known.value.module == module => return Ok(()),
            Some(known) => Precondition::Matches(known.generation),
            None => Precondition::Absent,
        };
        let (name, said) = (RecordName::module(), Announced { module, at });
        match write_json(self.records.as_ref(), &name, &said, BTreeMap::new(), when).await {
            // Another worker of the same deployment says the same.
            Ok(_) | Err(StoreError::PreconditionFailed { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
