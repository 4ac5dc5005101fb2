//! A rollout of a module that breaks every 20th tenant, on ports in memory: how far it comes, whom it touches once it has
//! halted, and what an undo leaves that workers with the module of before carry out. Waves go on as soon as they may, so that no
//! time has to pass.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tenancy::clock::{Clock, SystemClock, UlidIds};
use tenancy::exports::RecordedExports;
use tenancy::platform::Platform;
use tenancy::plugins::{MemoryBuckets, MemoryDirectory, MemoryInstaller, PluginLists};
use tenancy::provision::Provisioner as _;
use tenancy::provision::memory::{MODULE, MemoryProvisioner};
use tenancy::provision::two_resources::SERVICE;
use tenancy::reconcile::{Footing, Insist, PluginPorts, Ports, Reconciler, Sweeper};
use tenancy::records::{Phase, Principal, Trigger};
use tenancy::rollout::{Order, Rollout, RolloutState};
use tenancy::store::memory::MemoryStore;
use tenancy::store::{NewObject, Precondition};
use tenancy::tasks::LocalQueue;
use tenancy::tenants::{Caller, Commands};
use tokio_util::sync::CancellationToken;

use super::super::tenants::without_plugins;
use super::settled::Fleet;
use crate::Failure;
use crate::figure::{Figure, Target, Unit, count};
use crate::sample::Sample;
use crate::world::repository;

const BREAKS_EVERY: usize = 20;
/// The module released after the first, as the provisioner counts them.
const NEW: u64 = 1;
/// Sweeps after which a rollout that has not come to its end never does.
const MOST_SWEEPS: usize = 1_000;
/// Workers at once.
const WORKERS: usize = 4;

/// Whoever asks.
fn caller() -> Caller {
    Caller::new(Principal("bench".to_owned()), Trigger::Task)
}

/// A fleet and its cloud in memory.
struct World {
    fleet: Fleet,
    provisioner: MemoryProvisioner,
    clock: Arc<dyn Clock>,
    queue: LocalQueue,
    tenants: usize,
}

/// A sweep and a worker of one platform.
struct Deployed {
    sweeper: Sweeper,
    reconciler: Reconciler,
}

/// What one rollout came to.
struct Outcome {
    halted: Rollout,
    /// Tenants whose service changed after the halt, and tenants that an undo left with the new release or not well.
    later: usize,
    left: usize,
}

pub(super) async fn measure(tenants: usize) -> Result<Vec<Figure>, Failure> {
    let began = Instant::now();
    let mut outcomes = Vec::new();
    // Which tenants break decides when the first one is met: each choice of every 20th has its rollout.
    for first in 0..BREAKS_EVERY {
        outcomes.push(roll_out(tenants, first).await?);
    }
    let took = began.elapsed().as_secs_f64() / count(outcomes.len());
    let sample = |of: fn(&Outcome) -> usize| Sample::of(outcomes.iter().map(|outcome| count(of(outcome))));
    let nothing = "nothing was rolled out";
    let wave = sample(|outcome| outcome.halted.wave).ok_or(nothing)?;
    let touched = sample(|outcome| outcome.halted.tally.total().touched()).ok_or(nothing)?;
    let sum = |of: fn(&Outcome) -> usize| count(outcomes.iter().map(of).sum());
    let (later, left) = (sum(|outcome| outcome.later), sum(|outcome| outcome.left));
    let what =
        |part: &str| format!("{BREAKS_EVERY} rollouts over {tenants} of a module that breaks every 20th: {part}");
    let never = Target::Exactly(0.0);
    let note = format!("0 are the canaries, of whom there are none, 1 has 2 %, 2 has 10 %; {took:.2} s a rollout");
    let halted_in = what("wave they halt in, of 0 to 4");
    Ok(vec![
        Figure::new("fleet.rollout.wave", &halted_in, wave.median(), Unit::Count, Target::AtMost(2.0))
            .from(wave.spread())
            .noting(note),
        Figure::new("fleet.rollout.touched", &what("touched"), touched.median(), Unit::Count, Target::None)
            .from(touched.spread()),
        Figure::new("fleet.rollout.after", &what("touched after the halt"), later, Unit::Count, never),
        Figure::new("fleet.rollout.undone", &what("not restored by undo"), left, Unit::Count, never),
    ])
}

async fn roll_out(tenants: usize, first: usize) -> Result<Outcome, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let bucket = |name: &str| Arc::new(MemoryStore::new(name, Arc::clone(&clock)));
    let fleet = Fleet { definitions: bucket("definitions"), records: bucket("records") };
    let (provisioner, queue) = (MemoryProvisioner::new(Arc::clone(&clock)), LocalQueue::new(1_000));
    let world = World { fleet, provisioner, clock, queue, tenants };
    let mut platform = Platform::parse(&std::fs::read_to_string(repository().join("deploy/local/platform.yaml"))?)?;
    platform.rollout = tenancy::platform::Rollout { soak_seconds: 0, ..tenancy::platform::Rollout::default() };
    let before = world.provisioner.keeping_its_module();
    let old = world.deploy(&before, &platform);
    world.create(&old).await?;
    old.sweeper.sweep().await?;
    world.provisioner.release_module();
    let broken = world.provisioner.platform_digest();
    world.provisioner.breaks_where(move |run, module| {
        let number = run.tenant.as_str().rsplit('-').next().and_then(|number| number.parse::<usize>().ok());
        module == broken && number.is_some_and(|number| number % BREAKS_EVERY == first)
    });

    let new = world.deploy(&world.provisioner, &platform);
    new.reconciler.announce().await;
    let halted = world.until(&new, RolloutState::Halted).await?;
    let touched = world.with_the_new()?;
    for number in 0..tenants {
        // A tenant that failed is told so again; nobody else has anything to do.
        let _ = new.reconciler.reconcile(&caller(), &Fleet::tenant(number)?, Insist::No).await;
    }
    for _ in 0..5 {
        world.round(&new).await?;
    }
    let tasks = Arc::new(world.queue.clone());
    Commands::new(new.reconciler.clone(), tasks).rollout(&caller(), Order::Undo).await?;
    world.round(&new).await?;
    let later = world.with_the_new()?.abs_diff(touched);
    let back = world.deploy(&before, &platform);
    back.reconciler.announce().await;
    world.until(&back, RolloutState::Undone).await?;
    let left = world.with_the_new()? + world.not_ready(&new).await?;
    Ok(Outcome { halted, later, left })
}

impl World {
    /// A sweep, and a worker that makes tenants by this provisioner, with its module.
    fn deploy(&self, provisioner: &MemoryProvisioner, platform: &Platform) -> Deployed {
        let (platform, clock) = (Arc::new(platform.clone()), Arc::clone(&self.clock));
        let (records, definitions) = (Arc::clone(&self.fleet.records), Arc::clone(&self.fleet.definitions));
        let lists = PluginLists::new(Arc::new(MemoryBuckets::new(&clock)));
        let plugins = PluginPorts::in_memory(&MemoryDirectory::default(), lists.clone(), &MemoryInstaller::default());
        let ports = Ports::from(Footing {
            definitions: definitions.clone(),
            records: Arc::clone(&records),
            process: "bench".to_owned(),
            exports: Arc::new(RecordedExports::new(Arc::clone(&records))),
            provisioner: Arc::new(provisioner.clone()),
            plugins,
            clock: Arc::clone(&clock),
            ids: Arc::new(UlidIds::default()),
            platform: Arc::clone(&platform),
            shutdown: CancellationToken::new(),
        });
        let sweeper = Sweeper::new(definitions, records, lists, Arc::new(self.queue.clone()), clock, platform);
        Deployed { sweeper, reconciler: Reconciler::new(ports) }
    }

    async fn create(&self, deployed: &Deployed) -> Result<(), Failure> {
        for number in 0..self.tenants {
            let tenant = Fleet::tenant(number)?;
            let object = NewObject { body: without_plugins(tenant.as_str(), 1).into(), ..NewObject::default() };
            let name = Fleet::definition(&tenant).name;
            self.fleet.definitions.write(&name, object, Precondition::Absent).await?;
            deployed.reconciler.reconcile(&caller(), &tenant, Insist::No).await?;
        }
        Ok(())
    }

    /// A sweep, and what it hands out.
    async fn round(&self, deployed: &Deployed) -> Result<(), Failure> {
        deployed.sweeper.sweep().await?;
        let stop = CancellationToken::new();
        let work = self.queue.work(WORKERS, stop.clone(), |task| async move {
            let _ = deployed.reconciler.reconcile(&caller(), &task.tenant, Insist::No).await;
        });
        let drained = async {
            while !self.queue.is_empty() {
                self.clock.sleep(Duration::from_millis(1)).await;
            }
            stop.cancel();
        };
        tokio::join!(work, drained);
        Ok(())
    }

    async fn until(&self, deployed: &Deployed, state: RolloutState) -> Result<Rollout, Failure> {
        for _ in 0..MOST_SWEEPS {
            self.round(deployed).await?;
            let rollout = deployed.reconciler.ports().rollouts.read().await?.map(|rollout| rollout.value);
            if let Some(rollout) = rollout.filter(|rollout| rollout.state == state) {
                return Ok(rollout);
            }
        }
        Err(format!("the rollout never was {}", state.as_str()).into())
    }

    /// Tenants whose service the new module made.
    fn with_the_new(&self) -> Result<usize, Failure> {
        let mut found = 0;
        for number in 0..self.tenants {
            let resources = self.provisioner.resources(&Fleet::tenant(number)?);
            found += usize::from(resources.get(SERVICE).is_some_and(|service| service[MODULE] == NEW));
        }
        Ok(found)
    }

    async fn not_ready(&self, deployed: &Deployed) -> Result<usize, Failure> {
        let mut found = 0;
        for number in 0..self.tenants {
            let status = deployed.reconciler.ports().statuses.read(&Fleet::tenant(number)?).await?;
            found += usize::from(status.is_none_or(|status| status.value.phase != Phase::Ready));
        }
        Ok(found)
    }
}
