//! What all simulated processes share: time, chance, gates, what waits to be delivered, and the witness.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tenancy::clock::{Clock, OperationIds};
use tenancy::operation::OperationId;
use tenancy::tasks::{HandOutError, Task, Tasks};
use tenancy::tenant::TenantId;

use crate::behind::Behind;
use crate::broken::Broken;
use crate::gates::{Gates, Pass, ProcessId};
use crate::tally::{Happening, Tally};
use crate::witness::Witness;

/// How often a call to a bucket goes wrong, of a thousand.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Faults {
    /// It does nothing and says so.
    pub(crate) before: u32,
    /// It does its work, and the answer is lost.
    pub(crate) after: u32,
    /// A listing shows what was there before.
    pub(crate) stale: u32,
    /// A run's step is refused by the cloud.
    pub(crate) cloud: u32,
    /// A process is frozen in the middle of a run, before a step of it.
    pub(crate) frozen: u32,
}

/// Shared by every process of one schedule.
pub(crate) struct World {
    state: Mutex<State>,
}

pub(crate) struct State {
    pub(crate) random: StdRng,
    pub(crate) now: Timestamp,
    pub(crate) step: u64,
    pub(crate) skews: BTreeMap<ProcessId, SignedDuration>,
    /// Those that get no time to run in, and do not know it.
    pub(crate) frozen: BTreeSet<ProcessId>,
    /// Whose runs are under way.
    pub(crate) running: Vec<ProcessId>,
    pub(crate) gates: Gates,
    pub(crate) faults: Faults,
    pub(crate) behind: Behind,
    pub(crate) tally: Tally,
    pub(crate) broken: Broken,
    pub(crate) tasks: Vec<TenantId>,
    pub(crate) events: Vec<TenantId>,
    pub(crate) witness: Witness,
    ids: u64,
    trace: DefaultHasher,
    told: Option<Vec<String>>,
}

impl World {
    pub(crate) fn new(seed: u64, broken: Broken, tell: bool) -> Arc<Self> {
        let now = Timestamp::constant(1_767_225_600, 0);
        let state = State {
            random: StdRng::seed_from_u64(seed),
            now,
            step: 0,
            skews: BTreeMap::new(),
            frozen: BTreeSet::new(),
            running: Vec::new(),
            gates: Gates::default(),
            faults: Faults::default(),
            behind: Behind::default(),
            tally: Tally::default(),
            broken,
            tasks: Vec::new(),
            events: Vec::new(),
            witness: Witness::default(),
            ids: 0,
            trace: DefaultHasher::new(),
            told: tell.then(Vec::new),
        };
        Arc::new(Self { state: Mutex::new(state) })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn gate(self: &Arc<Self>, process: ProcessId) -> Pass {
        Pass::new(self, process, None)
    }
}

impl State {
    /// A line of the schedule's story. Two runs of one seed tell the same.
    pub(crate) fn tell(&mut self, line: fmt::Arguments<'_>) {
        let line = line.to_string();
        line.hash(&mut self.trace);
        if let Some(told) = &mut self.told {
            let (step, now) = (self.step, self.now);
            told.push(format!("{step:>5} {now} {line}"));
        }
    }

    pub(crate) fn trace(&self) -> u64 {
        self.trace.finish()
    }

    pub(crate) fn story(&mut self) -> Vec<String> {
        self.told.take().unwrap_or_default()
    }

    pub(crate) fn chance(&mut self, of_a_thousand: u32) -> bool {
        self.random.random_range(0..1000) < of_a_thousand
    }

    /// Something that is counted happened.
    pub(crate) fn happened(&mut self, happening: Happening) {
        self.tally.count(happening);
    }

    /// A fault, if chance will have it.
    pub(crate) fn fault(&mut self, fault: Happening, of_a_thousand: u32) -> bool {
        let strikes = of_a_thousand > 0 && self.chance(of_a_thousand);
        if strikes {
            self.happened(fault);
            self.tell(format_args!("which fails: {fault}"));
        }
        strikes
    }

    /// A process gets no time to run in, for longer than a lease lasts, and goes on later as if nothing had been.
    pub(crate) fn freeze(&mut self, process: ProcessId) {
        self.happened(Happening::Freeze);
        self.tell(format_args!("{process} is frozen"));
        self.frozen.insert(process);
        let seconds = self.random.random_range(20..90);
        self.pass(SignedDuration::from_secs(seconds));
    }

    /// Time passes.
    pub(crate) fn pass(&mut self, wait: SignedDuration) {
        self.now = self.now.saturating_add(wait).unwrap_or(self.now);
        self.tell(format_args!("{wait:#} pass"));
        self.look_again();
    }

    /// What a process takes for now.
    pub(crate) fn time_of(&self, process: ProcessId) -> Timestamp {
        let skew = self.skews.get(&process).copied().unwrap_or_default();
        self.now.saturating_add(skew).unwrap_or(Timestamp::MAX)
    }

    /// What the process whose clock is furthest ahead takes for now.
    pub(crate) fn latest_time(&self) -> Timestamp {
        let ahead = self.skews.values().copied().max().unwrap_or_default().max(SignedDuration::ZERO);
        self.now.saturating_add(ahead).unwrap_or(Timestamp::MAX)
    }
}

/// One process's clock: wrong by its skew.
pub(crate) struct ProcessClock {
    pub(crate) world: Arc<World>,
    pub(crate) process: ProcessId,
}

#[async_trait]
impl Clock for ProcessClock {
    fn now(&self) -> Timestamp {
        self.world.lock().time_of(self.process)
    }

    async fn sleep(&self, duration: Duration) {
        let wait = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
        let until = self.now().saturating_add(wait).unwrap_or(Timestamp::MAX);
        Pass::new(&self.world, self.process, Some(until)).await;
    }
}

/// Ids in the order they are asked for.
pub(crate) struct CountedIds(pub(crate) Arc<World>);

impl OperationIds for CountedIds {
    fn next(&self, now: Timestamp) -> OperationId {
        let mut world = self.0.lock();
        world.ids += 1;
        let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
        OperationId::from(ulid::Ulid::from_parts(millis, u128::from(world.ids)))
    }
}

/// Hands tasks to the schedule, which delivers them in any order, twice, or never.
pub(crate) struct ScheduledTasks {
    pub(crate) world: Arc<World>,
    pub(crate) process: ProcessId,
}

#[async_trait]
impl Tasks for ScheduledTasks {
    async fn hand_out(&self, task: Task) -> Result<(), HandOutError> {
        self.world.gate(self.process).await;
        let mut world = self.world.lock();
        let chance = world.faults.before;
        if world.fault(Happening::NotArrived, chance) {
            return Err(HandOutError::Unavailable("simulated".to_owned()));
        }
        world.tasks.push(task.tenant);
        Ok(())
    }
}
