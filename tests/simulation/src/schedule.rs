//! One schedule: what happens and in which order, all of it drawn from the seed.

use std::sync::Arc;

use bytes::Bytes;
use jiff::SignedDuration;
use rand::RngExt as _;
use tenancy::clock::Clock;
use tenancy::platform::Platform;
use tenancy::reconcile::Insist;
use tenancy::records::{DefinitionObject, Principal, Trigger};
use tenancy::store::memory::MemoryStore;
use tenancy::store::{NewObject, ObjectReader as _, ObjectStore as _, Precondition};
use tenancy::tenant::{Format, TenantId};
use tenancy::tenants::{Caller, CommandError, IfMatch, Submission, Wait};

use crate::definitions::{self, PLATFORM};
use crate::gates::{Place, ProcessId};
use crate::process::{Buckets, Process};
use crate::verdict;
use crate::witness::{Breach, Invariant};
use crate::world::{Broken, Faults, ProcessClock, State, World};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Invariants that did not hold, in the order they were seen.
    pub breaches: Vec<Breach>,
    /// Effects let through.
    pub steps: u64,
    /// Processes killed.
    pub kills: u64,
    /// Storage and cloud faults injected.
    pub faults: u64,
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

struct Schedule {
    world: Arc<World>,
    buckets: Buckets,
    platform: Arc<Platform>,
    tenants: Vec<TenantId>,
    processes: Vec<Process>,
    started: u32,
    kills: u64,
}

impl Schedule {
    fn new(settings: Settings) -> std::io::Result<Self> {
        let world = World::new(settings.seed, settings.broken, settings.tell);
        let platform = Arc::new(Platform::parse(PLATFORM).map_err(std::io::Error::other)?);
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
                cloud: state.random.random_range(0..=most),
            };
        }
        let mut schedule = Self { world, buckets, platform, tenants, processes: Vec::new(), started: 0, kills: 0 };
        let processes = schedule.draw(1, 4);
        for _ in 0..processes {
            schedule.start_process()?;
        }
        Ok(schedule)
    }

    fn draw(&self, least: usize, below: usize) -> usize {
        self.world.lock().random.random_range(least..below)
    }

    fn drawn_tenant(&self) -> TenantId {
        self.tenants[self.draw(0, self.tenants.len())].clone()
    }

    fn start_process(&mut self) -> std::io::Result<()> {
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
            world.tell(format_args!("{id:?} starts, its clock off by {off} ms"));
        }
        self.processes.push(Process::start(&self.world, &self.buckets, &self.platform, id)?);
        Ok(())
    }

    /// Everything happens, in any order.
    fn busy_time(&mut self) -> std::io::Result<()> {
        let happenings = self.draw(10, 40);
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
        if self.is_over() {
            return Ok(());
        }
        verdict::as_defined(&self.world, &self.buckets, &self.tenants);
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
        let ready = |place: &Place| place.until.is_none_or(|until| until <= world.time_of(place.process));
        let places: Vec<Place> = world.gates.places().filter(ready).collect();
        if places.is_empty() {
            return false;
        }
        let place = places[world.random.random_range(0..places.len())];
        let waker = world.gates.open(place.ticket);
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

    fn pass_time(&self, wait: SignedDuration) {
        let mut world = self.world.lock();
        world.now = world.now.saturating_add(wait).unwrap_or(world.now);
        world.tell(format_args!("{wait:#} pass"));
        world.look_again();
    }
}

/// What can happen.
impl Schedule {
    fn something_happens(&mut self) -> std::io::Result<()> {
        match self.draw(0, 100) {
            0..18 => self.upload(),
            18..23 => self.remove(),
            23..45 => self.request(),
            45..60 => drop(self.deliver_event()),
            60..72 => drop(self.deliver_task()),
            72..78 => self.sweep(),
            78..82 => self.change_outside(),
            82..89 => self.kill()?,
            89..91 => self.stop()?,
            91..97 => {
                let seconds = i64::try_from(self.draw(1, 60)).unwrap_or_default();
                self.pass_time(SignedDuration::from_secs(seconds));
            }
            97..99 => self.pass_time(SignedDuration::from_secs(700)),
            _ => self.pass_time(SignedDuration::from_secs(4_000)),
        }
        Ok(())
    }

    fn upload(&self) {
        let tenant = self.drawn_tenant();
        let source = definitions::draw(&mut self.world.lock().random, &tenant);
        let name = DefinitionObject::of(&tenant, Format::Yaml).name;
        let live = now_or_never(self.buckets.definitions.stat(&name)).flatten();
        let when = live.map_or(Precondition::Absent, |live| Precondition::Matches(live.generation));
        let object = NewObject { body: source.clone().into(), ..NewObject::default() };
        if let Some(generation) = now_or_never(self.buckets.definitions.write(&name, object, when)) {
            let mut world = self.world.lock();
            world.tell(format_args!("somebody uploads {source:?}"));
            world.definition_written(&name, generation);
        }
    }

    fn remove(&self) {
        let name = DefinitionObject::of(&self.drawn_tenant(), Format::Yaml).name;
        let Some(live) = now_or_never(self.buckets.definitions.stat(&name)).flatten() else { return };
        if now_or_never(self.buckets.definitions.delete(&name, live.generation)).is_some() {
            let mut world = self.world.lock();
            world.tell(format_args!("somebody removes {name}"));
            world.definition_removed(&name);
        }
    }

    fn request(&self) {
        let tenant = self.drawn_tenant();
        let Some(process) = self.drawn_process() else { return };
        let (commands, world) = (process.commands.clone(), Arc::clone(&self.world));
        let wait = if self.draw(0, 3) == 0 { Wait::No } else { Wait::ForResult };
        let source = definitions::draw(&mut self.world.lock().random, &tenant);
        let submission = Submission { source: Bytes::from(source), format: Format::Yaml };
        let verb = ["creates", "updates", "updates", "deletes"][self.draw(0, 4)];
        self.world.lock().tell(format_args!("somebody {verb} {tenant} through {:?}", process.id));
        let open = (verb == "deletes").then(|| Asked::new(&self.world, &tenant));
        process.begin(async move {
            let answer = match verb {
                "creates" => commands.create(&caller(Trigger::Api), submission, wait).await,
                "updates" => commands.update(&caller(Trigger::Api), &tenant, submission, IfMatch::Any, wait).await,
                _ => commands.delete(&caller(Trigger::Api), &tenant, IfMatch::Any, false, wait).await,
            };
            drop(open);
            answered(&world, verb, answer.err());
        });
    }

    fn deliver_event(&self) -> bool {
        let Some(tenant) = delivered(&mut self.world.lock(), |world| &mut world.events) else { return false };
        let Some(process) = self.drawn_process() else { return false };
        let (watcher, world) = (process.watcher.clone(), Arc::clone(&self.world));
        self.world.lock().tell(format_args!("an event of {tenant} reaches {:?}", process.id));
        process.begin(async move {
            let noticed = watcher.notice(&tenant).await;
            if noticed.is_err() {
                world.lock().events.push(tenant);
            }
            answered(&world, "event", noticed.err());
        });
        true
    }

    fn deliver_task(&self) -> bool {
        let Some(tenant) = delivered(&mut self.world.lock(), |world| &mut world.tasks) else { return false };
        let Some(process) = self.drawn_process() else { return false };
        let (reconciler, world) = (process.reconciler.clone(), Arc::clone(&self.world));
        self.world.lock().tell(format_args!("a task of {tenant} reaches {:?}", process.id));
        process.begin(async move {
            let done = reconciler.reconcile(&caller(Trigger::Task), &tenant, Insist::No).await;
            answered(&world, "task", done.err());
        });
        true
    }

    fn sweep(&self) {
        let Some(process) = self.drawn_process() else { return };
        let (sweeper, world) = (process.sweeper.clone(), Arc::clone(&self.world));
        self.world.lock().tell(format_args!("{:?} sweeps", process.id));
        process.begin(async move { answered(&world, "sweep", sweeper.sweep().await.err()) });
    }

    fn change_outside(&self) {
        let tenant = self.drawn_tenant();
        self.world.lock().change_outside(&tenant);
    }

    fn kill(&mut self) -> std::io::Result<()> {
        if !self.processes.is_empty() {
            let killed = self.processes.remove(self.draw(0, self.processes.len()));
            self.kills += 1;
            self.world.lock().tell(format_args!("{:?} is killed", killed.id));
            self.world.lock().skews.remove(&killed.id);
            drop(killed);
        }
        if self.processes.is_empty() || self.draw(0, 2) == 0 {
            self.start_process()?;
        }
        Ok(())
    }

    /// Asked to stop, a process goes on for a while; another one takes the requests.
    fn stop(&mut self) -> std::io::Result<()> {
        if let Some(process) = self.drawn_process() {
            self.world.lock().tell(format_args!("{:?} is asked to stop", process.id));
            process.shutdown.cancel();
            process.go_on();
        }
        self.start_process()
    }

    /// One that takes requests.
    fn drawn_process(&self) -> Option<&Process> {
        let serving: Vec<&Process> = self.processes.iter().filter(|process| !process.shutdown.is_cancelled()).collect();
        (!serving.is_empty()).then(|| serving[self.draw(0, serving.len())])
    }

    fn end(self) -> Outcome {
        let kills = self.kills;
        drop(self.processes);
        let mut world = self.world.lock();
        Outcome {
            breaches: std::mem::take(&mut world.witness.breaches),
            steps: world.step,
            kills,
            faults: world.faults_injected,
            trace: world.trace(),
            story: world.story(),
        }
    }
}

/// A deletion somebody asks for, until it is answered or its process dies.
struct Asked {
    world: Arc<World>,
    tenant: TenantId,
}

impl Asked {
    fn new(world: &Arc<World>, tenant: &TenantId) -> Self {
        world.lock().deletion_asked(tenant);
        Self { world: Arc::clone(world), tenant: tenant.clone() }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.world.lock().deletion_answered(&self.tenant);
    }
}

/// One of what waits to be delivered: any of them, and sometimes it will come again, or is lost.
fn delivered(world: &mut State, waiting: impl Fn(&mut State) -> &mut Vec<TenantId>) -> Option<TenantId> {
    let many = waiting(world).len();
    if many == 0 {
        return None;
    }
    let drawn = world.random.random_range(0..many);
    let (twice, lost) = (world.chance(150), world.faults.before > 0 && world.chance(150));
    let waiting = waiting(world);
    let tenant = if twice { waiting[drawn].clone() } else { waiting.remove(drawn) };
    (!lost).then_some(tenant)
}

fn caller(trigger: Trigger) -> Caller {
    Caller { principal: Principal("ada@example.com".to_owned()), trigger }
}

/// Any refusal is an answer; an installation said to be broken is not.
fn answered(world: &World, what: &str, error: Option<CommandError>) {
    let mut world = world.lock();
    world.tell(format_args!("{what}: {}", if error.is_some() { "refused" } else { "done" }));
    if let Some(CommandError::Misconfigured(reason)) = error {
        world.breach(Invariant::NothingBreaks, format!("{what}: {reason}"));
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
