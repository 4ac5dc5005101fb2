//! What was counted, by the hour.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::Failure;

/// One hour.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Hour {
    /// Terraform runs by kind; a plan is a drift check.
    pub(crate) applies: u64,
    pub(crate) plans: u64,
    pub(crate) destroys: u64,
    /// Runs that the cloud refused, and runs whose process died.
    pub(crate) refused: u64,
    pub(crate) died: u64,
    /// Seconds of runs, one by one.
    pub(crate) run_seconds: f64,
    /// Seconds of sweeps.
    pub(crate) sweep_seconds: f64,
    /// Definitions that people changed, and resources that somebody changed by hand.
    pub(crate) changes: u64,
    pub(crate) by_hand: u64,
    /// Calls to buckets: writes and listings; reads; deletes.
    pub(crate) class_a: u64,
    pub(crate) class_b: u64,
    pub(crate) free: u64,
    /// Of those, the listings.
    pub(crate) listings: u64,
    /// Bytes written.
    pub(crate) bytes: u64,
    /// Tasks handed out, and events that arrived.
    pub(crate) tasks: u64,
    pub(crate) events: u64,
    pub(crate) requests: u64,
    /// At the last sweep of the hour: tenants that were behind, drift checks apart; tenants on an older release.
    pub(crate) behind: u64,
    pub(crate) outdated: u64,
    /// Tasks that waited at most.
    pub(crate) waiting: u64,
    /// Seconds from people's requests to the tenant that is as they asked for: the middle one and the longest.
    pub(crate) answer_median: f64,
    pub(crate) answer_most: f64,
}

/// A whole week, and what it was lived with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Week {
    pub(crate) tenants: usize,
    pub(crate) seed: u64,
    pub(crate) hours: Vec<Hour>,
    /// Tenants that were behind after the last sweep, once everything had been worked off.
    pub(crate) left_behind: u64,
    /// What was told of on the way, by the hour.
    pub(crate) told: Vec<(usize, String)>,
}

impl Week {
    /// As it is kept.
    pub(crate) fn to_json(&self) -> Result<String, Failure> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// All hours together; of what was seen at a moment, the most.
    pub(crate) fn total(&self) -> Hour {
        self.hours.iter().fold(Hour::default(), |total, hour| Hour {
            applies: total.applies + hour.applies,
            plans: total.plans + hour.plans,
            destroys: total.destroys + hour.destroys,
            refused: total.refused + hour.refused,
            died: total.died + hour.died,
            run_seconds: total.run_seconds + hour.run_seconds,
            sweep_seconds: total.sweep_seconds + hour.sweep_seconds,
            changes: total.changes + hour.changes,
            by_hand: total.by_hand + hour.by_hand,
            class_a: total.class_a + hour.class_a,
            class_b: total.class_b + hour.class_b,
            free: total.free + hour.free,
            listings: total.listings + hour.listings,
            bytes: total.bytes + hour.bytes,
            tasks: total.tasks + hour.tasks,
            events: total.events + hour.events,
            requests: total.requests + hour.requests,
            behind: total.behind.max(hour.behind),
            outdated: total.outdated.max(hour.outdated),
            waiting: total.waiting.max(hour.waiting),
            answer_median: total.answer_median.max(hour.answer_median),
            answer_most: total.answer_most.max(hour.answer_most),
        })
    }
}

/// The hour that is being lived. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Now(Arc<Mutex<Counted>>);

#[derive(Debug, Default)]
struct Counted {
    hour: Hour,
    answers: Vec<f64>,
}

impl Now {
    /// Counts something.
    pub(crate) fn count(&self, what: impl FnOnce(&mut Hour)) {
        what(&mut self.counted().hour);
    }

    /// Somebody's request was carried out after so many seconds.
    pub(crate) fn answered(&self, seconds: f64) {
        self.counted().answers.push(seconds);
    }

    /// The hour is over. What stands at a moment stands on.
    pub(crate) fn over(&self) -> Hour {
        let mut counted = self.counted();
        let mut answers = std::mem::take(&mut counted.answers);
        answers.sort_by(f64::total_cmp);
        let standing = Hour { behind: counted.hour.behind, outdated: counted.hour.outdated, ..Hour::default() };
        let mut hour = std::mem::replace(&mut counted.hour, standing);
        hour.answer_median = answers.get(answers.len() / 2).copied().unwrap_or_default();
        hour.answer_most = answers.last().copied().unwrap_or_default();
        hour
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
