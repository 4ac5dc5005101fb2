//! One schedule: what happens and in which order, all of it drawn from the seed.

use std::sync::Arc;

use jiff::SignedDuration;
use rand::RngExt as _;
use tenancy::clock::Clock;
use tenancy::platform::Platform;
use tenancy::store::memory::MemoryStore;
use tenancy::tenant::TenantId;

use crate::broken::Broken;
use crate::definitions::PLATFORM;
use crate::gates::{Place, ProcessId};
use crate::process::{Buckets, Process};
use crate::tally::{Happening, Tally};
use crate::witness::{Breach, Invariant};
use crate::world::{Faults, ProcessClock, World};

/// Never more steps than this in one part of a schedule: what goes on for ever does not converge.
const MOST_STEPS: u64 = 20_000;

/// What to simulate.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Decides everything.
    pub seed: u64,
    /// A safeguard that is switched off.
    pub broken: Broken,
    /// Keeps the story.
    pub tell: bool,
}

/// What came of a schedule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Invariants that did not hold, in the order they were seen.
    pub breaches: Vec<Breach>,
    /// What happened.
    pub tally: Tally,
    /// A digest of the story: the same for the same seed.
    pub trace: u64,
    /// The story, if it was kept.
    pub story: Vec<String>,
}

/// Runs one schedule to its end, or to the first breach.
///
/// # Errors
/// An executor that could not be made.
pub fn simulate(settings: Settings) -> std::io::Result<Outcome> {
    let mut schedule = Schedule::new(settings)?;
    schedule.busy_time()?;
    schedule.quiet_time()?;
    Ok(schedule.end())
}

/// A schedule under way.
pub(crate) struct Schedule {
    pub(crate) world: Arc<World>,
    pub(crate) buckets: Buckets,
    pub(crate) platform: Arc<Platform>,
    pub(crate) tenants: Vec<TenantId>,
    pub(crate) processes: Vec<Process>,
    started: u32,
}

impl Schedule {
    fn new(settings: Settings) -> std::io::Result<Self> {
        let world = World::new(settings.seed, settings.broken, settings.tell);
        let mut platform = Platform::parse(PLATFORM).map_err(std::io::Error::other)?;
        // No day goes by in a schedule. In a quarter of them everything was kept long enough at once, and only what is
        // needed stays; in half of those deleted tenants cannot be brought back either. In the others nothing is old, so
        // that a schedule's steps are spent on other things.
        if settings.seed.is_multiple_of(4) {
            (platform.retention.log_days, platform.retention.audit_days) = (0, 0);
        }
        if settings.seed.is_multiple_of(8) {
            platform.retention.graveyard_days = 0;
        }
        let platform = Arc::new(platform);
        let clock: Arc<dyn Clock> = Arc::new(ProcessClock { world: Arc::clone(&world), process: ProcessId(0) });
        let buckets = Buckets {
            definitions: Arc::new(MemoryStore::new("definitions", Arc::clone(&clock))),
            records: Arc::new(MemoryStore::new("records", clock)),
        };
        let names = ["acme", "acme-shop", "zoo"];
        let tenants = names.iter().filter_map(|name| name.parse().ok()).collect();
        {
            let mut state = world.lock();
            state.witness.grace = SignedDuration::from_secs(platform.deletion.grace_seconds.cast_signed());
            // A third of all schedules has no faults but deaths: what goes wrong there is nobody else's fault.
            let calm = state.chance(333);
            let most = if calm { 0 } else { 80 };
            state.faults = Faults {
                before: state.random.random_range(0..=most),
                after: state.random.random_range(0..=most),
                stale: state.random.random_range(0..=most),
                cloud: state.random.random_range(0..=most),
                frozen: state.random.random_range(0..=40),
            };
        }
        let mut schedule = Self { world, buckets, platform, tenants, processes: Vec::new(), started: 0 };
        let processes = schedule.draw(1, 4);
        for _ in 0..processes {
            schedule.start_process()?;
        }
        Ok(schedule)
    }

    pub(crate) fn draw(&self, least: usize, below: usize) -> usize {
        self.world.lock().random.random_range(least..below)
    }

    pub(crate) fn drawn_tenant(&self) -> TenantId {
        self.tenants[self.draw(0, self.tenants.len())].clone()
    }

    pub(crate) fn start_process(&mut self) -> std::io::Result<()> {
        self.started += 1;
        let id = ProcessId(self.started);
        {
            let mut world = self.world.lock();
            // Most clocks are right; some are seconds off, few are off by more than a lease's term.
            let off = match world.random.random_range(0..20) {
                0 => world.random.random_range(-60_000..60_000),
                1..4 => world.random.random_range(-2_000..2_000),
                _ => 0,
            };
            world.skews.insert(id, SignedDuration::from_millis(off));
            world.tell(format_args!("{id} starts, its clock off by {off} ms"));
        }
        self.processes.push(Process::start(&self.world, &self.buckets, &self.platform, id)?);
        Ok(())
    }

    /// Everything happens, in any order.
    fn busy_time(&mut self) -> std::io::Result<()> {
        let happenings = self.draw(10, 60);
        for _ in 0..happenings {
            if self.is_over() {
                return Ok(());
            }
            self.something_happens()?;
            for _ in 0..self.draw(0, 60) {
                if !self.one_effect() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Nothing goes wrong any more, nobody asks for anything; two sweeps, and time enough before each.
    fn quiet_time(&mut self) -> std::io::Result<()> {
        self.world.lock().faults = Faults::default();
        self.world.lock().frozen.clear();
        self.world.lock().tell(format_args!("from here on it is quiet"));
        if self.drawn_process().is_none() || self.draw(0, 2) == 0 {
            self.start_process()?;
        }
        self.settle();
        // Who was asked to stop is gone by now.
        self.processes.retain(|process| !process.shutdown.is_cancelled());
        self.world.lock().events.clear();
        let retry = self.platform.retry.most_seconds + self.platform.limits.lease_seconds;
        // Longer than the clocks disagree.
        self.sweep_after(SignedDuration::from_secs(retry.cast_signed() + 200));
        self.sweep_after(SignedDuration::from_secs(self.platform.deletion.grace_seconds.cast_signed() + 200));
        // A definition that came and went unnoticed has its grace from when that was noticed.
        if self.some_grace_is_running() {
            self.sweep_after(SignedDuration::from_secs(self.platform.deletion.grace_seconds.cast_signed() + 200));
        }
        if self.is_over() {
            return Ok(());
        }
        self.as_defined();
        Ok(())
    }

    fn sweep_after(&mut self, wait: SignedDuration) {
        self.pass_time(wait);
        let Some(process) = self.processes.first() else { return };
        let sweeper = process.sweeper.clone();
        let world = Arc::clone(&self.world);
        process.begin(async move {
            let swept = sweeper.sweep().await;
            world.lock().tell(format_args!("swept: {:?}", swept.as_ref().map(|report| &report.due)));
            if let Err(error) = swept {
                world.lock().breach(Invariant::NothingBreaks, format!("a quiet sweep failed: {error}"));
            }
        });
        self.settle();
    }

    /// Lets everything under way end, and delivers every task, until nothing is left.
    fn settle(&mut self) {
        for _ in 0..MOST_STEPS {
            if self.is_over() || (!self.one_effect() && !self.deliver_task() && !self.wait_for_sleepers()) {
                return;
            }
        }
        self.world.lock().breach(Invariant::Converges, "it goes on for ever".to_owned());
    }

    fn is_over(&self) -> bool {
        !self.world.lock().witness.breaches.is_empty()
    }

    /// Opens one gate; `false` if everybody waits for time to pass, or nobody waits.
    fn one_effect(&self) -> bool {
        let mut world = self.world.lock();
        world.step += 1;
        let ready = |place: &Place| {
            let is_time = place.until.is_none_or(|until| until <= world.time_of(place.process));
            is_time && !world.frozen.contains(&place.process)
        };
        let places: Vec<Place> = world.gates.places().filter(ready).collect();
        if places.is_empty() {
            return false;
        }
        let place = places[world.random.random_range(0..places.len())];
        let chance = world.faults.frozen;
        if world.running.contains(&place.process) && world.chance(chance) {
            world.freeze(place.process);
            return true;
        }
        let waker = world.gates.open(place.ticket);
        world.happened(Happening::Effect);
        drop(world);
        if let Some(waker) = waker {
            waker.wake();
        }
        if let Some(process) = self.processes.iter().find(|process| process.id == place.process) {
            process.go_on();
        }
        true
    }

    /// Moves time to where the next one wakes whose sleep matters: work under way, not the renewal of a lease for ever.
    fn wait_for_sleepers(&self) -> bool {
        let mut world = self.world.lock();
        let wait = |place: Place| {
            let now = world.time_of(place.process);
            place.until.map(|until| until.duration_since(now))
        };
        let Some(next) = world.gates.places().filter_map(wait).min() else { return false };
        world.now = world.now.saturating_add(next).unwrap_or(world.now);
        world.look_again();
        true
    }

    pub(crate) fn pass_time(&self, wait: SignedDuration) {
        self.world.lock().pass(wait);
    }

    /// One that takes requests.
    pub(crate) fn drawn_process(&self) -> Option<&Process> {
        let serves =
            |process: &&Process| !process.shutdown.is_cancelled() && !self.world.lock().frozen.contains(&process.id);
        let serving: Vec<&Process> = self.processes.iter().filter(serves).collect();
        (!serving.is_empty()).then(|| serving[self.draw(0, serving.len())])
    }

    fn end(self) -> Outcome {
        drop(self.processes);
        let mut world = self.world.lock();
        Outcome {
            breaches: std::mem::take(&mut world.witness.breaches),
            tally: std::mem::take(&mut world.tally),
            trace: world.trace(),
            story: world.story(),
        }
    }
}

/// What the memory behind a bucket says at once; an error is as good as nothing here.
pub(crate) fn now_or_never<T, E>(answer: impl Future<Output = Result<T, E>>) -> Option<T> {
    let mut answer = std::pin::pin!(answer);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match answer.as_mut().poll(&mut context) {
        std::task::Poll::Ready(answer) => answer.ok(),
        std::task::Poll::Pending => None,
    }
}
