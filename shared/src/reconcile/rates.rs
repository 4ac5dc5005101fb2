//! How many runs were begun in a project lately, over all processes: the APIs behind a run count calls by project and
//! minute.

mod lines;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::operation::OperationId;
use crate::platform::ProjectId;
use crate::records::RecordName;
use crate::store::document::{read_json, write_json};
use crate::store::{ObjectStore, Precondition, StoreError};
use crate::tasks::Priority;

pub(super) use lines::RateLines;

/// Over which runs are counted: never more than the allowance in any minute, wherever it begins.
const WINDOW: SignedDuration = SignedDuration::from_mins(1);
/// Writers of the one record that lose their turn read it again; so many in a row are a storm.
const ATTEMPTS: usize = 30;

/// The record at `rates/{project}.json`: the runs of the last minute.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct Begun(BTreeMap<OperationId, Start>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Start {
    at: Timestamp,
    priority: Priority,
}

/// Whether a run may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allowance {
    /// It may, and is counted.
    Begin,
    /// There is room again then, unless somebody is quicker.
    Full {
        /// When.
        until: Timestamp,
    },
}

impl Begun {
    /// Counts one more. What people changed may fill the whole allowance, everything else at most half of it (and one), so
    /// that people never wait for a fleet that is being looked after.
    fn add(
        mut self,
        operation: OperationId,
        priority: Priority,
        most: NonZeroU32,
        now: Timestamp,
    ) -> Result<Self, Timestamp> {
        let near = |at: Timestamp| at.duration_since(now).abs() < WINDOW;
        // What is far ahead is a wrong clock's, and shuts nobody out.
        self.0.retain(|_, start| near(start.at));
        let most = most.get() as usize;
        let all = self.0.values().map(|start| start.at).collect();
        let mut until = full_until(all, most);
        if priority != Priority::Change {
            let others = self.0.values().filter(|start| start.priority != Priority::Change).map(|start| start.at);
            until = until.max(full_until(others.collect(), (most / 2).max(1)));
        }
        if let Some(until) = until {
            return Err(until);
        }
        self.0.insert(operation, Start { at: now, priority });
        Ok(self)
    }
}

/// When fewer than `most` of these will be younger than the window; `None`: now.
fn full_until(mut starts: Vec<Timestamp>, most: usize) -> Option<Timestamp> {
    starts.sort_unstable();
    let last_to_go = starts.len().checked_sub(most).and_then(|at| starts.get(at))?;
    Some(last_to_go.saturating_add(WINDOW).unwrap_or(Timestamp::MAX))
}

/// Counts runs by project.
#[derive(Clone)]
pub struct Rates {
    records: Arc<dyn ObjectStore>,
}

impl Rates {
    /// Over the records bucket.
    pub fn new(records: Arc<dyn ObjectStore>) -> Self {
        Self { records }
    }

    /// Asks for the allowance of one run in a project where `most` may begin within a minute. Two that ask at once are asked
    /// one after the other, in whatever processes they are; an operation that was let through is not counted twice.
    pub(super) async fn begin(
        &self,
        project: &ProjectId,
        operation: OperationId,
        priority: Priority,
        most: NonZeroU32,
        now: Timestamp,
    ) -> Result<Allowance, StoreError> {
        let name = RecordName::rate(project);
        for _ in 0..ATTEMPTS {
            let (begun, when) = match read_json::<Begun>(self.records.as_ref(), &name).await? {
                Some(found) => (found.value, Precondition::Matches(found.generation)),
                None => (Begun::default(), Precondition::Absent),
            };
            if begun.0.contains_key(&operation) {
                return Ok(Allowance::Begin);
            }
            let counted = match begun.add(operation, priority, most, now) {
                Ok(counted) => counted,
                Err(until) => return Ok(Allowance::Full { until }),
            };
            match write_json(self.records.as_ref(), &name, &counted, BTreeMap::new(), when).await {
                Ok(_) => return Ok(Allowance::Begin),
                Err(StoreError::PreconditionFailed { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Unavailable { reason: format!("'{name}' is being written by too many at once") })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::{OperationIds as _, SystemClock, UlidIds};
    use crate::store::faulty::{Call, Fault, FaultyStore, Mischief};
    use crate::store::memory::MemoryStore;

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(1_767_225_600_000 + millisecond).unwrap()
    }

    fn id() -> OperationId {
        UlidIds::default().next(at(0))
    }

    /// Asks at these moments; says when each was let through.
    fn asked(most: u32, moments: &[(i64, Priority)]) -> Vec<(i64, Priority)> {
        let (most, mut begun) = (NonZeroU32::new(most).unwrap(), Begun::default());
        let let_through = |(moment, priority): &(i64, Priority)| {
            let added = begun.clone().add(id(), *priority, most, at(*moment));
            added.is_ok_and(|added| {
                begun = added;
                true
            })
        };
        let mut let_through = let_through;
        moments.iter().copied().filter(|asking| let_through(asking)).collect()
    }

    proptest! {
        #[test]
        fn no_minute_holds_more_than_may_begin_and_people_are_never_starved(
            most in 1_u32..12,
            steps in prop::collection::vec((0_i64..20_000, 0_usize..3), 1..200),
        ) {
            let mut now = 0;
            let moments: Vec<_> = steps.into_iter().map(|(step, priority)| {
                now += step;
                (now, [Priority::Change, Priority::Recovery, Priority::Upkeep][priority])
            }).collect();
            let begun = asked(most, &moments);
            let within = |end: i64, counts: fn(Priority) -> bool| {
                let near = |(at, priority): &&(i64, Priority)| *at <= end && end - *at < 60_000 && counts(*priority);
                u32::try_from(begun.iter().filter(near).count()).unwrap()
            };
            for (end, _) in &begun {
                prop_assert!(within(*end, |_| true) <= most);
                prop_assert!(within(*end, |priority| priority != Priority::Change) <= (most / 2).max(1));
            }
            // Who was sent away found the minute full.
            for (moment, priority) in moments {
                if priority == Priority::Change && !begun.contains(&(moment, priority)) {
                    prop_assert_eq!(within(moment, |_| true), most);
                }
            }
        }
    }

    #[test]
    fn who_is_sent_away_is_told_when_there_is_room() {
        let most = NonZeroU32::new(4).unwrap();
        let mut begun = Begun::default();
        for (moment, priority) in [(0, Priority::Upkeep), (10, Priority::Recovery), (20, Priority::Change)] {
            begun = begun.add(id(), priority, most, at(1_000 * moment)).unwrap();
        }
        assert_eq!(begun.clone().add(id(), Priority::Upkeep, most, at(30_000)), Err(at(60_000)), "half are upkeep");
        let full = begun.add(id(), Priority::Change, most, at(30_000)).unwrap();
        assert_eq!(full.clone().add(id(), Priority::Change, most, at(40_000)), Err(at(60_000)));
        assert!(full.clone().add(id(), Priority::Change, most, at(59_999)).is_err());
        assert!(full.clone().add(id(), Priority::Change, most, at(60_000)).is_ok());
        assert_eq!(full.clone().add(id(), Priority::Upkeep, most, at(40_000)), Err(at(60_000)));
        let behind = at(-3_600_000);
        assert!(full.add(id(), Priority::Change, most, behind).is_ok(), "a clock an hour ahead shuts nobody out");
    }

    #[tokio::test]
    async fn an_operation_counts_once_whatever_answer_is_lost() {
        let mischief = Mischief::default();
        let store = Arc::new(MemoryStore::new("records", Arc::new(SystemClock)));
        let rates = Rates::new(Arc::new(FaultyStore::new("records", store.clone(), mischief.clone())));
        let (most, project, first) = (NonZeroU32::new(2).unwrap(), "tenants-eu".parse().unwrap(), id());
        let begin = async |operation, second: i64| {
            rates.begin(&project, operation, Priority::Change, most, at(1_000 * second)).await.unwrap()
        };
        mischief.next(Call::Write, "", Fault::AnswerLost);
        assert_eq!(begin(first, 0).await, Allowance::Begin);
        assert_eq!(begin(first, 1).await, Allowance::Begin, "the same one asks again");
        assert_eq!(begin(id(), 2).await, Allowance::Begin);
        assert_eq!(begin(id(), 3).await, Allowance::Full { until: at(60_000) });
        assert_eq!(
            rates.begin(&"tenants-us".parse().unwrap(), id(), Priority::Change, most, at(3_000)).await.unwrap(),
            Allowance::Begin
        );
    }
}
