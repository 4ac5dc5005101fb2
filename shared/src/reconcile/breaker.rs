//! The breaker: whether deletions of vanished definitions are held for the whole fleet.
//!
//! The sweep sees the fleet, counts, and writes the answer down; a reconcile of one tenant only reads it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::platform::Deletion;
use crate::records::RecordName;
use crate::store::document::{read_json, write_json};
use crate::store::{ObjectStore, Precondition, StoreError};

/// What the last whole sweep saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FleetCount {
    /// When.
    pub at: Timestamp,
    /// Tenants with a status.
    pub tenants: usize,
    /// Of them, those whose definition is not there.
    pub vanished: usize,
}

/// Whether so many vanished definitions are more than ordinary work explains. An empty bucket with tenants in the records
/// is always too many.
pub fn too_many(count: FleetCount, policy: &Deletion) -> bool {
    if count.vanished == 0 {
        return false;
    }
    // A share of a fleet of at most some ten thousands: exact in a double.
    #[expect(clippy::cast_precision_loss, reason = "fleets are far below 2^52 tenants")]
    let share = count.vanished as f64 / count.tenants.max(1) as f64;
    let emptied = count.vanished == count.tenants && count.tenants > 1;
    emptied || (count.vanished > policy.breaker_count && share > policy.breaker_share)
}

/// Reads and writes the breaker's record.
#[derive(Clone)]
pub struct Breaker {
    records: Arc<dyn ObjectStore>,
}

impl Breaker {
    /// Over the records bucket.
    pub fn new(records: Arc<dyn ObjectStore>) -> Self {
        Self { records }
    }

    /// Whether deletions are held. With no sweep's word for it they are: nothing is destroyed on a guess.
    pub async fn holds(&self, policy: &Deletion) -> Result<bool, StoreError> {
        let count = read_json::<FleetCount>(self.records.as_ref(), &RecordName::breaker()).await?;
        Ok(count.is_none_or(|count| too_many(count.value, policy)))
    }

    /// Writes down what a whole sweep saw. A newer sweep's word stands.
    pub async fn record(&self, count: FleetCount) -> Result<(), StoreError> {
        let name = RecordName::breaker();
        let old = read_json::<FleetCount>(self.records.as_ref(), &name).await?;
        let when = match &old {
            Some(old) if old.value.at >= count.at => return Ok(()),
            Some(old) => Precondition::Matches(old.generation),
            None => Precondition::Absent,
        };
        match write_json(self.records.as_ref(), &name, &count, BTreeMap::new(), when).await {
            Ok(_) | Err(StoreError::PreconditionFailed { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_are_too_many() {
        let policy = Deletion { breaker_count: 3, breaker_share: 0.05, ..Deletion::default() };
        for (tenants, vanished, expected) in [
            (1, 1, false),
            (2, 2, true),
            (10, 3, false),
            (10, 4, true),
            (1000, 40, false),
            (1000, 51, true),
            (1000, 1000, true),
            (0, 0, false),
        ] {
            let count = FleetCount { at: Timestamp::UNIX_EPOCH, tenants, vanished };
            assert_eq!(too_many(count, &policy), expected, "{vanished} of {tenants}");
        }
    }
}
