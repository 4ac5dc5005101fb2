//! Many schedules, on every core.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::broken::Broken;
use crate::schedule::{Outcome, Settings, simulate};
use crate::tally::Tally;
use crate::witness::{Breach, Invariant};

/// Which schedules to simulate.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// One schedule each.
    pub seeds: Range<u64>,
    /// No schedule is begun after this long.
    pub at_most: Duration,
    /// A safeguard that is switched off.
    pub broken: Broken,
    /// Keeps every story.
    pub tell: bool,
}

/// What came of a campaign.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Findings {
    /// Schedules simulated.
    pub schedules: u64,
    /// What happened in them.
    pub happened: Tally,
    /// What did not hold, by seed.
    pub breaches: Vec<Finding>,
}

/// A breach and how to see it again.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Of which schedule.
    pub seed: u64,
    /// What did not hold.
    #[serde(flatten)]
    pub breach: Breach,
    /// How to see it again.
    pub again: String,
}

impl Findings {
    fn add(&mut self, seed: u64, outcome: &Outcome) {
        self.schedules += 1;
        self.happened.add(&outcome.tally);
        let again = || format!("make simulate SEED={seed} SCHEDULES=1 ARGS=--tell");
        let found = outcome.breaches.iter().map(|breach| Finding { seed, breach: breach.clone(), again: again() });
        self.breaches.extend(found);
    }
}

impl Campaign {
    /// Simulates, and says of each schedule what came of it; of all of them in the end.
    pub fn run(&self, each: impl Fn(u64, &Outcome) + Sync) -> Findings {
        let (began, seeds, findings) = (Instant::now(), Mutex::new(self.seeds.clone()), Mutex::default());
        let next = || seeds.lock().unwrap_or_else(PoisonError::into_inner).next();
        let cores = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            for _ in 0..cores {
                scope.spawn(|| {
                    while began.elapsed() < self.at_most
                        && let Some(seed) = next()
                    {
                        let outcome = self.one(seed);
                        each(seed, &outcome);
                        let findings: &Mutex<Findings> = &findings;
                        findings.lock().unwrap_or_else(PoisonError::into_inner).add(seed, &outcome);
                    }
                });
            }
        });
        let mut findings = findings.into_inner().unwrap_or_else(PoisonError::into_inner);
        findings.breaches.sort_by_key(|found| found.seed);
        findings
    }

    fn one(&self, seed: u64) -> Outcome {
        let settings = Settings { seed, broken: self.broken, tell: self.tell };
        simulate(settings).unwrap_or_else(|error| Outcome {
            breaches: vec![Breach { invariant: Invariant::NothingBreaks, what: error.to_string() }],
            ..Outcome::default()
        })
    }
}
