//! The breaker: whether deletions of vanished definitions are held for the whole fleet.
//!
//! Two things are counted: tenants whose definitions are not there now, which the sweep sees, and tenants that were
//! destroyed within the window, which whoever destroys one writes down before. A tombstone counts as long as it stands,
//! however old: a window that passes must not let a thousand of them through.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::platform::Deletion;
use crate::records::RecordName;
use crate::store::document::{read_json, write_json};
use crate::store::{ObjectStore, Precondition, StoreError};
use crate::tenant::TenantId;

/// Writers of the one record that lose their turn read it again; so many in a row are a storm.
const ATTEMPTS: usize = 30;

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

/// The record at `fleet/breaker.json`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Count {
    #[serde(skip_serializing_if = "Option::is_none")]
    fleet: Option<FleetCount>,
    /// Tenants whose destruction was begun, and when; those within the window.
    destroyed: BTreeMap<TenantId, Timestamp>,
}

/// Whether so many deletions are more than ordinary work explains: `destroyed` within the window, beside those whose
/// definitions are not there now. An empty bucket with tenants in the records is always too many.
pub fn too_many(count: FleetCount, destroyed: usize, policy: &Deletion) -> bool {
    if count.vanished == 0 {
        return false;
    }
    let (deletions, fleet) = (count.vanished + destroyed, count.tenants + destroyed);
    // A share of a fleet of at most some ten thousands: exact in a double.
    #[expect(clippy::cast_precision_loss, reason = "fleets are far below 2^52 tenants")]
    let share = deletions as f64 / fleet.max(1) as f64;
    let emptied = count.vanished == count.tenants && count.tenants > 1;
    let share_is_too_great = deletions > policy.breaker_count && share > policy.breaker_share;
    emptied || deletions > policy.breaker_most || share_is_too_great
}

impl Count {
    /// Forgets what is older than the window.
    fn within(mut self, policy: &Deletion, now: Timestamp) -> Self {
        let window = SignedDuration::from_secs(policy.breaker_window_seconds.cast_signed());
        let begin = now.saturating_sub(window).unwrap_or(Timestamp::MIN);
        self.destroyed.retain(|_, at| *at >= begin);
        self
    }

    /// Whether the deletion of this tenant is held. One that was begun is among the destroyed, not counted twice. Where the
    /// sweep saw every definition, whoever misses one looks into another bucket.
    fn holds(&self, tenant: &TenantId, policy: &Deletion) -> bool {
        let Some(fleet) = self.fleet.filter(|fleet| fleet.vanished > 0) else { return true };
        let destroyed = self.destroyed.iter().filter(|(other, at)| *other != tenant && **at > fleet.at).count();
        let before = self.destroyed.iter().filter(|(other, at)| *other != tenant && **at <= fleet.at).count();
        // What was destroyed since the sweep is still among what it saw as vanished.
        let seen = FleetCount { vanished: fleet.vanished.saturating_sub(destroyed).max(1), ..fleet };
        too_many(FleetCount { tenants: fleet.tenants.saturating_sub(destroyed), ..seen }, before + destroyed, policy)
    }
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

    /// Whether the deletion of this tenant is held. With no sweep's word for it, it is: nothing is destroyed on a guess.
    pub async fn holds(&self, tenant: &TenantId, policy: &Deletion, now: Timestamp) -> Result<bool, StoreError> {
        let count = read_json::<Count>(self.records.as_ref(), &RecordName::breaker()).await?;
        Ok(count.is_none_or(|count| count.value.within(policy, now).holds(tenant, policy)))
    }

    /// Writes down that a tenant is about to be destroyed, before it is. With `unless_held` it is not, where too many are:
    /// says whether it was written. Two processes that ask at once are asked one after the other.
    pub async fn begin(
        &self,
        tenant: &TenantId,
        unless_held: bool,
        policy: &Deletion,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut begun = true;
        self.update(|count| {
            let count = count.within(policy, now);
            begun = !(unless_held && count.holds(tenant, policy));
            begun.then(|| {
                let mut count = count;
                count.destroyed.entry(tenant.clone()).or_insert(now);
                count
            })
        })
        .await?;
        Ok(begun)
    }

    /// Writes down what a whole sweep saw. A newer sweep's word stands. Says whether deletions are held now.
    pub async fn record(&self, seen: FleetCount, policy: &Deletion) -> Result<bool, StoreError> {
        let mut held = false;
        self.update(|count| {
            let mut count = count.within(policy, seen.at);
            if count.fleet.is_some_and(|fleet| fleet.at >= seen.at) {
                held = count.fleet.is_some_and(|fleet| too_many(fleet, count.destroyed.len(), policy));
                return None;
            }
            held = too_many(seen, count.destroyed.len(), policy);
            count.fleet = Some(seen);
            Some(count)
        })
        .await?;
        Ok(held)
    }

    /// Changes the record whatever it is by now; `None`: it stays.
    async fn update(&self, mut change: impl FnMut(Count) -> Option<Count>) -> Result<(), StoreError> {
        let name = RecordName::breaker();
        for _ in 0..ATTEMPTS {
            let old = read_json::<Count>(self.records.as_ref(), &name).await?;
            let (old, when) = match old {
                Some(old) => (old.value, Precondition::Matches(old.generation)),
                None => (Count::default(), Precondition::Absent),
            };
            let Some(new) = change(old) else { return Ok(()) };
            match write_json(self.records.as_ref(), &name, &new, BTreeMap::new(), when).await {
                Ok(_) => return Ok(()),
                Err(StoreError::PreconditionFailed { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Unavailable { reason: format!("'{name}' is being written by too many at once") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::store::memory::MemoryStore;

    const POLICY: Deletion = Deletion {
        breaker_count: 3,
        breaker_share: 0.05,
        breaker_most: 100,
        grace_seconds: 60,
        breaker_window_seconds: 3_600,
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn id(number: usize) -> TenantId {
        format!("tenant-{number}").parse().unwrap()
    }

    #[test]
    fn how_many_are_too_many() {
        for (tenants, vanished, destroyed, expected) in [
            (1, 1, 0, false),
            (2, 2, 0, true),
            (10, 3, 0, false),
            (10, 4, 0, true),
            (10, 1, 3, true),
            (1000, 40, 0, false),
            (1000, 40, 20, true),
            (1000, 51, 0, true),
            (1000, 1000, 0, true),
            (1000, 0, 500, false),
            (50_000, 100, 0, false),
            (50_000, 101, 0, true),
            (50_000, 1, 100, true),
            (0, 0, 0, false),
        ] {
            let count = FleetCount { at: Timestamp::UNIX_EPOCH, tenants, vanished };
            assert_eq!(too_many(count, destroyed, &POLICY), expected, "{vanished} and {destroyed} of {tenants}");
        }
    }

    #[tokio::test]
    async fn what_was_destroyed_counts_for_the_window_and_no_longer() {
        let breaker = Breaker::new(Arc::new(MemoryStore::new("records", Arc::new(SystemClock))));
        let begin = async |number, second| breaker.begin(&id(number), true, &POLICY, at(second)).await.unwrap();
        assert!(!begin(0, 0).await, "no sweep has counted yet");
        for number in 0..10 {
            // One vanishes after the other, and each is destroyed before the next sweep.
            let seen = FleetCount { at: at(10 * number), tenants: 20 - usize::try_from(number).unwrap(), vanished: 1 };
            breaker.record(seen, &POLICY).await.unwrap();
            let let_through = begin(usize::try_from(number).unwrap(), 10 * number + 5).await;
            assert_eq!(let_through, number < 3, "{number}");
        }
        assert!(breaker.holds(&id(9), &POLICY, at(100)).await.unwrap());
        assert!(breaker.begin(&id(9), false, &POLICY, at(100)).await.unwrap(), "somebody approved it");
        breaker.record(FleetCount { at: at(3_800), tenants: 10, vanished: 1 }, &POLICY).await.unwrap();
        assert!(!breaker.holds(&id(8), &POLICY, at(3_800)).await.unwrap(), "the window is over");
    }

    #[tokio::test]
    async fn what_the_sweep_saw_is_not_gone_because_somebody_else_does_not_see_it() {
        let breaker = Breaker::new(Arc::new(MemoryStore::new("records", Arc::new(SystemClock))));
        breaker.record(FleetCount { at: at(0), tenants: 100, vanished: 0 }, &POLICY).await.unwrap();
        assert!(breaker.holds(&id(1), &POLICY, at(1)).await.unwrap());
        assert!(!breaker.begin(&id(1), true, &POLICY, at(1)).await.unwrap());
        assert!(breaker.begin(&id(1), false, &POLICY, at(1)).await.unwrap(), "somebody asked for it");
        breaker.record(FleetCount { at: at(2), tenants: 99, vanished: 1 }, &POLICY).await.unwrap();
        assert!(!breaker.holds(&id(2), &POLICY, at(3)).await.unwrap());
    }

    #[tokio::test]
    async fn between_two_sweeps_no_more_go_than_may() {
        let breaker = Breaker::new(Arc::new(MemoryStore::new("records", Arc::new(SystemClock))));
        breaker.record(FleetCount { at: at(0), tenants: 100, vanished: 3 }, &POLICY).await.unwrap();
        let mut gone = 0;
        for number in 0..50 {
            gone += usize::from(breaker.begin(&id(number), true, &POLICY, at(1)).await.unwrap());
        }
        assert!((3..=5).contains(&gone), "{gone} of 100 although three had vanished");
    }
}
