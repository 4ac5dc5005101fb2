//! One function process: the product's own code over simulated ports, on an executor that runs only when the schedule says
//! so and stops anywhere.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use jiff::SignedDuration;
use tenancy::clock::Clock;
use tenancy::exports::RecordedExports;
use tenancy::platform::Platform;
use tenancy::plugins::{MemoryBuckets, MemoryDirectory, MemoryInstaller, PluginLists};
use tenancy::reconcile::{Footing, PluginPorts, Ports, Reconciler, Sweeper, Watcher};
use tenancy::retention::Pace;
use tenancy::store::ObjectStore;
use tenancy::store::memory::MemoryStore;
use tenancy::tenants::Commands;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use crate::bucket::{SimulatedBucket, Which};

use crate::gates::ProcessId;
use crate::provisioner::SimulatedProvisioner;
use crate::world::{CountedIds, ProcessClock, ScheduledTasks, World};

/// The buckets every process works on.
#[derive(Clone)]
pub(crate) struct Buckets {
    pub(crate) definitions: Arc<MemoryStore>,
    pub(crate) records: Arc<MemoryStore>,
}

/// A process. Dropped, it dies wherever each of its tasks stands.
pub(crate) struct Process {
    pub(crate) id: ProcessId,
    pub(crate) reconciler: Reconciler,
    pub(crate) commands: Commands,
    pub(crate) watcher: Watcher,
    pub(crate) sweeper: Sweeper,
    pub(crate) shutdown: CancellationToken,
    executor: Executor,
}

struct Executor {
    runtime: Runtime,
    idle: Arc<Idle>,
}

#[derive(Default)]
struct Idle {
    reached: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Idle {
    fn wake(&self) {
        self.reached.store(true, Ordering::Relaxed);
        if let Some(waker) = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take() {
            waker.wake();
        }
    }
}

impl Executor {
    fn new() -> std::io::Result<Self> {
        let idle = Arc::new(Idle::default());
        let parked = Arc::clone(&idle);
        let runtime = Builder::new_current_thread().on_thread_park(move || parked.wake()).build()?;
        Ok(Self { runtime, idle })
    }

    /// Lets every task go on until all of them wait at gates.
    fn run_until_idle(&self) {
        self.idle.reached.store(false, Ordering::Relaxed);
        let all_wait = std::future::poll_fn(|context| {
            if self.idle.reached.load(Ordering::Relaxed) {
                return Poll::Ready(());
            }
            *self.idle.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
            Poll::Pending
        });
        self.runtime.block_on(pin!(all_wait));
    }
}

impl Process {
    pub(crate) fn start(
        world: &Arc<World>,
        buckets: &Buckets,
        platform: &Arc<Platform>,
        id: ProcessId,
    ) -> std::io::Result<Self> {
        let bucket = |which, objects: &Arc<MemoryStore>| {
            Arc::new(SimulatedBucket { world: Arc::clone(world), process: id, which, objects: Arc::clone(objects) })
        };
        let definitions = bucket(Which::Definitions, &buckets.definitions);
        let records: Arc<dyn ObjectStore> = bucket(Which::Records, &buckets.records);
        let clock: Arc<dyn Clock> = Arc::new(ProcessClock { world: Arc::clone(world), process: id });
        let shutdown = CancellationToken::new();
        // Plugins have tests of their own: no definition here names one.
        let lists = PluginLists::new(Arc::new(MemoryBuckets::new(&clock)));
        let plugins = PluginPorts::in_memory(&MemoryDirectory::default(), lists.clone(), &MemoryInstaller::default());
        let ports = Ports::from(Footing {
            definitions: definitions.clone(),
            records: Arc::clone(&records),
            process: id.to_string(),
            exports: Arc::new(RecordedExports::new(Arc::clone(&records))),
            provisioner: Arc::new(SimulatedProvisioner { world: Arc::clone(world), process: id }),
            plugins,
            clock: Arc::clone(&clock),
            ids: Arc::new(CountedIds(Arc::clone(world))),
            platform: Arc::clone(platform),
            shutdown: shutdown.clone(),
        });
        let tasks = Arc::new(ScheduledTasks { world: Arc::clone(world), process: id });
        let (heads, statuses) = (ports.definitions.clone(), ports.statuses.clone());
        let watcher = Watcher::new(heads, statuses, tasks.clone(), Arc::clone(&clock), Arc::clone(platform));
        // A round with every sweep, where anything may be old: in a schedule no day goes by.
        let visits = if platform.retention.log_days == 0 { Pace::default().visits } else { 0 };
        let pace = Pace { round: SignedDuration::ZERO, visits };
        let sweeper =
            Sweeper::new(definitions, records, lists, tasks.clone(), clock, Arc::clone(platform)).pruning(pace);
        let reconciler = Reconciler::new(ports);
        let commands = Commands::new(reconciler.clone(), tasks);
        Ok(Self { id, reconciler, commands, watcher, sweeper, shutdown, executor: Executor::new()? })
    }

    /// Begins a piece of work.
    pub(crate) fn begin(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.executor.runtime.spawn(work);
        self.go_on();
    }

    /// Goes on as far as it can.
    pub(crate) fn go_on(&self) {
        self.executor.run_until_idle();
    }
}
