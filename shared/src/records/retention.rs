//! How far the sweeps have come in going through the fleet for what was kept long enough, and for how long that is.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::names::RecordName;
use crate::store::document::{read_json, write_json};
use crate::store::{ObjectReader, ObjectStore, Precondition, StoreError, Versioned};
use crate::tenant::TenantId;

/// The record at `fleet/retention.json`: one round through the fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetentionRound {
    /// When the round began.
    pub began: Timestamp,
    /// When the last sweep of it began: what was old enough by then is gone, or going.
    pub swept: Timestamp,
    /// Every tenant up to this one was visited, in the order that buckets list them in; absent: every tenant was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visited_to: Option<TenantId>,
    /// For how many days logs were kept, for those who are not told the platform's settings.
    pub log_days: u32,
}

impl RetentionRound {
    /// Whether what was said at that time was kept long enough.
    pub fn is_over(&self, said: Timestamp) -> bool {
        self.swept.duration_since(said) >= SignedDuration::from_hours(24 * i64::from(self.log_days))
    }

    /// The last round, finished or not; `None` before there was one.
    pub async fn read(records: &(impl ObjectReader + ?Sized)) -> Result<Option<Versioned<Self>>, StoreError> {
        read_json(records, &RecordName::retention()).await
    }

    /// Writes down how far a sweep came. Where another sweep was quicker, its word stands.
    pub async fn write(&self, records: &(impl ObjectStore + ?Sized), when: Precondition) -> Result<(), StoreError> {
        match write_json(records, &RecordName::retention(), self, BTreeMap::new(), when).await {
            Ok(_) | Err(StoreError::PreconditionFailed { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
