//! What is taken for granted. Everything else on the page was counted.

use std::time::Duration;

/// Of 100 tenants, those whose definition is changed on one working day.
pub(crate) const CHANGED_A_DAY: f64 = 7.0;
/// Of 100 tenants, those that are new on one working day; as many are deleted.
pub(crate) const NEW_A_DAY: f64 = 0.1;
/// Of 100 tenants, those in whose project somebody changes something by hand, each day.
pub(crate) const DRIFTED_A_DAY: f64 = 0.2;
/// Of 100 changes, those that come through an upload; the others are requests.
pub(crate) const UPLOADED: f64 = 60.0;
/// Of 1,000 events, those that are lost, and those that come twice.
pub(crate) const EVENTS_LOST: f64 = 5.0;
pub(crate) const EVENTS_DOUBLED: f64 = 5.0;
/// Of 100 applies, those that the cloud refuses.
pub(crate) const REFUSED: f64 = 1.0;
/// The same in the hour of the outage.
pub(crate) const REFUSED_IN_OUTAGE: f64 = 60.0;
/// Of 1,000 runs, those whose process dies.
pub(crate) const KILLED: f64 = 0.5;
/// Of the days' changes, how many come in each hour; in UTC.
pub(crate) const BY_HOUR: [f64; 24] = [
    0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 3.0, 6.0, 9.0, 10.0, 10.0, 8.0, 6.0, 8.0, 9.0, 9.0, 7.0, 4.0, 2.0, 1.5, 1.0, 1.0,
    0.5, 0.5,
];
/// On Saturdays and Sundays so much of it.
pub(crate) const AT_WEEKENDS: f64 = 0.2;

/// An event or a notice is on its way so long.
pub(crate) const DELIVERY: Duration = Duration::from_secs(2);
/// A change by hand is told by the asset feed after this.
pub(crate) const FEED: Duration = Duration::from_secs(30);
/// Between two sweeps: the control plane's default schedule.
pub(crate) const SWEEP_EVERY: Duration = Duration::from_mins(5);
/// One listing of 1,000 objects.
pub(crate) const LISTING_SECONDS: f64 = 0.3;

/// What a run takes, in seconds. The provider alone takes 1.2 s for a plan and 15.7 s for a create (measured against a
/// cloud that answers at once); the rest is the cloud's answers.
pub(crate) const PLAN: Duration = Duration::from_secs(8);
pub(crate) const CREATE: Duration = Duration::from_secs(75);
pub(crate) const UPDATE: Duration = Duration::from_secs(25);
pub(crate) const DESTROY: Duration = Duration::from_secs(40);

/// Worker instances, and runs in one of them: the control plane's defaults.
pub(crate) const INSTANCES: usize = 20;
pub(crate) const RUNS_PER_INSTANCE: usize = 4;
/// vCPUs and GiB of a worker, of the sweep.
pub(crate) const WORKER: (f64, f64) = (2.0, 2.5);
pub(crate) const SWEEP: (f64, f64) = (1.0, 1.0);

/// Calls to the state bucket of one run: the lock and the state are written and read, the lock is deleted.
pub(crate) const STATE_WRITES_OF_APPLY: u64 = 2;
pub(crate) const STATE_READS_OF_APPLY: u64 = 2;
pub(crate) const STATE_WRITES_OF_PLAN: u64 = 1;
pub(crate) const STATE_READS_OF_PLAN: u64 = 1;

/// Hours of the week, from Monday 00:00 UTC.
pub(crate) const OUTAGE: usize = 2 * 24 + 14;
pub(crate) const BAD_RELEASE: usize = 3 * 24 + 8;
pub(crate) const UNDONE: usize = 3 * 24 + 12;
pub(crate) const GOOD_RELEASE: usize = 4 * 24 + 6;
/// Every so many tenants do not come up on the bad release.
pub(crate) const BREAKS_EVERY: usize = 20;
