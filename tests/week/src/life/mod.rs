//! A week of a fleet, by seed: people, hands that change things behind everybody's back, a cloud that refuses, processes
//! that die, a release that breaks sites. Time passes only while everybody waits.

mod happenings;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tenancy::clock::{Clock, RuntimeClock};
use tenancy::provision::memory::MemoryProvisioner;
use tenancy::reconcile::{Due, Insist};
use tenancy::records::{Principal, Rollouts, Trigger};
use tenancy::rollout::{Order, Rollout, RolloutState};
use tenancy::tasks::{LocalQueue, Task};
use tenancy::tenant::TenantId;
use tenancy::tenants::Caller;
use tokio_util::sync::CancellationToken;

use crate::assumptions as taken;
use crate::fleet::{Ground, Plane, platform};
use crate::hours::{Now, Week};
use crate::timed::{Timed, Weather};
use crate::{Failure, progress};

const HOUR: Duration = Duration::from_hours(1);
/// A Saturday: the fleet is made, and checked for the first time over the day and a half before the Monday.
const MADE: &str = "2026-02-28T12:00:00Z";
const OLD_IMAGE: &str = "registry.example/wordpress-runtime:6.8";
const BAD_IMAGE: &str = "registry.example/wordpress-runtime:6.9-broken";
const GOOD_IMAGE: &str = "registry.example/wordpress-runtime:6.9";
/// More than ever waits.
const QUEUE: usize = 1_000_000;

/// How large a life.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) tenants: usize,
    pub(crate) days: usize,
    pub(crate) seed: u64,
}

/// Lives it.
pub(crate) fn live(scale: Scale) -> Result<Week, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    runtime.block_on(async move { Life::begin(scale)?.live().await })
}

/// Everybody who lives it shares this.
struct Life {
    scale: Scale,
    ground: Ground,
    cloud: MemoryProvisioner,
    weather: Weather,
    plane: RwLock<Arc<Plane>>,
    chance: Mutex<StdRng>,
    tenants: Mutex<Vec<TenantId>>,
    now: Now,
    /// The last rollout, and how it stood when it was last told of.
    rollout_state: Mutex<Option<(u64, RolloutState)>>,
}

impl Life {
    fn begin(scale: Scale) -> Result<Arc<Self>, Failure> {
        let clock: Arc<dyn Clock> = Arc::new(RuntimeClock::starting_at(MADE.parse::<Timestamp>()?));
        let (now, weather) = (Now::default(), Weather::default());
        let cloud = MemoryProvisioner::new(Arc::clone(&clock));
        cloud.breaks_where(|run, _| {
            let number = run.tenant.as_str().rsplit('-').next().and_then(|number| number.parse::<usize>().ok());
            number.is_some_and(|number| number.is_multiple_of(taken::BREAKS_EVERY))
                && run.variables.as_json().contains(BAD_IMAGE)
        });
        let timed = Timed::new(cloud.clone(), Arc::clone(&clock), now.clone(), weather.clone(), scale.seed);
        let ground = Ground {
            definitions: Ground::bucket("definitions", 2, &clock, &now),
            records: Ground::bucket("records", 0, &clock, &now),
            queue: LocalQueue::new(QUEUE),
            provisioner: Arc::new(timed),
            clock,
            now: now.clone(),
        };
        let plane = RwLock::new(Arc::new(ground.deploy(platform(scale.tenants, OLD_IMAGE)?)));
        let chance = StdRng::seed_from_u64(scale.seed).into();
        Ok(Arc::new(Self {
            scale,
            ground,
            cloud,
            weather,
            plane,
            chance,
            tenants: Mutex::default(),
            now,
            rollout_state: Mutex::default(),
        }))
    }

    async fn live(self: Arc<Self>) -> Result<Week, Failure> {
        self.weather.making.store(true, Ordering::Relaxed);
        self.make_all().await?;
        let stop = CancellationToken::new();
        tokio::spawn(Arc::clone(&self).work(stop.clone()));
        tokio::time::sleep(12 * HOUR).await;
        // Each tenant's first drift check comes within the next day.
        for _ in 0..24 * 6 {
            self.plane().sweeper.sweep().await?;
            tokio::time::sleep(Duration::from_mins(10)).await;
        }
        self.weather.making.store(false, Ordering::Relaxed);
        self.now.over();
        let sweeps = tokio::spawn(Arc::clone(&self).sweep_on());
        let (mut hours, mut told) = (Vec::new(), Vec::new());
        for hour in 0..self.scale.days * 24 {
            told.extend(self.turn(hour).await?.map(|what| (hour, what)));
            self.happenings(hour);
            tokio::time::sleep(HOUR).await;
            hours.push(self.now.over());
            told.extend(self.rolled().await?.map(|what| (hour, what)));
            if (hour + 1).is_multiple_of(24) {
                progress(&format!("day {} of {}", (hour + 1) / 24, self.scale.days));
            }
        }
        sweeps.abort();
        let left_behind = self.settle().await?;
        stop.cancel();
        Ok(Week { tenants: self.scale.tenants, seed: self.scale.seed, hours, left_behind, told })
    }

    async fn make_all(&self) -> Result<(), Failure> {
        let plane = self.plane();
        for number in 0..self.scale.tenants {
            if number > 0 && number.is_multiple_of(10_000) {
                progress(&format!("{number} tenants made"));
            }
            let tenant: TenantId = format!("tenant-{number}").parse()?;
            self.upload(&tenant, 3).await?;
            plane.reconciler.reconcile(&caller(Trigger::Task), &tenant, Insist::No).await?;
            self.tenants.lock().unwrap_or_else(PoisonError::into_inner).push(tenant);
        }
        Ok(())
    }

    /// Workers, as many as the control plane may start.
    async fn work(self: Arc<Self>, stop: CancellationToken) {
        let run = |task: Task| {
            let life = Arc::clone(&self);
            async move { life.carry_out(&task.tenant).await }
        };
        self.ground.queue.work(taken::INSTANCES * taken::RUNS_PER_INSTANCE, stop, run).await;
    }

    /// One task; now and then its process dies.
    async fn carry_out(&self, tenant: &TenantId) {
        let plane = self.plane();
        let caller = caller(Trigger::Task);
        self.now.count(|hour| hour.requests += 1);
        let work = plane.reconciler.reconcile(&caller, tenant, Insist::No);
        let dies = self.draw(|chance| chance.random_bool(taken::KILLED / 1_000.0).then(|| chance.random_range(1..20)));
        match dies {
            // What it came to is on the tenant's status; the sweep comes back to what is not.
            None => _ = work.await,
            Some(seconds) => {
                if tokio::time::timeout(Duration::from_secs(seconds), work).await.is_err() {
                    self.now.count(|hour| hour.died += 1);
                }
            }
        }
    }

    async fn sweep_on(self: Arc<Self>) {
        loop {
            if let Err(error) = self.sweep().await {
                progress(&format!("a sweep failed: {error}"));
            }
            tokio::time::sleep(taken::SWEEP_EVERY).await;
        }
    }

    /// One sweep; how many tenants were behind, drift checks and turns of a rollout apart.
    async fn sweep(&self) -> Result<u64, Failure> {
        let before = self.listings();
        let report = self.plane().sweeper.sweep().await?;
        let listings = self.listings() - before;
        let behind: usize = report
            .behind
            .iter()
            .filter(|(due, _)| !matches!(due, Due::DriftCheck | Due::Rollout))
            .map(|(_, count)| *count)
            .sum();
        let behind = u64::try_from(behind)?;
        let outdated = self.rollout().await?.map_or(0, |rollout| rollout.tally.total().outdated());
        let outdated = u64::try_from(outdated)?;
        let waiting = u64::try_from(self.ground.queue.len())?;
        self.now.count(|hour| {
            hour.requests += 1;
            hour.behind = behind;
            hour.outdated = outdated;
            hour.waiting = hour.waiting.max(waiting);
            hour.sweep_seconds += f64::from(u32::try_from(listings).unwrap_or(u32::MAX)) * taken::LISTING_SECONDS;
        });
        Ok(behind)
    }

    fn listings(&self) -> u64 {
        let mut listings = 0;
        self.now.count(|hour| listings = hour.listings);
        listings
    }

    /// Sweeps on with nobody about until nothing is behind; what is left after a day.
    async fn settle(&self) -> Result<u64, Failure> {
        let mut behind = 0;
        for _ in 0..24 * 12 {
            behind = self.sweep().await?;
            tokio::time::sleep(taken::SWEEP_EVERY).await;
            if behind == 0 && self.ground.queue.is_empty() {
                break;
            }
        }
        Ok(behind)
    }

    /// What changes with the hour for everybody.
    async fn turn(&self, hour: usize) -> Result<Option<String>, Failure> {
        self.weather.outage.store(hour == taken::OUTAGE, Ordering::Relaxed);
        let told = match hour {
            taken::OUTAGE => "the cloud refuses most applies for an hour",
            taken::BAD_RELEASE => "a release that breaks every 20th site",
            taken::UNDONE => "somebody undoes that rollout, and takes the release back",
            taken::GOOD_RELEASE => "a release that breaks none",
            _ => return Ok(None),
        };
        match hour {
            taken::BAD_RELEASE => self.release(BAD_IMAGE)?,
            taken::UNDONE => {
                self.plane().commands.rollout(&caller(Trigger::Api), Order::Undo).await?;
                self.release(OLD_IMAGE)?;
            }
            taken::GOOD_RELEASE => self.release(GOOD_IMAGE)?,
            _ => {}
        }
        progress(told);
        Ok(Some(told.to_owned()))
    }

    /// The rollout as its record has it; looking costs nothing.
    async fn rollout(&self) -> Result<Option<Rollout>, Failure> {
        let rollouts = Rollouts::new(self.ground.records.bucket.clone());
        Ok(rollouts.read().await?.map(|rollout| rollout.value))
    }

    /// Whether a rollout came to another state within the hour, and what it had done by then.
    async fn rolled(&self) -> Result<Option<String>, Failure> {
        let Some(rollout) = self.rollout().await? else { return Ok(None) };
        let mut last = self.rollout_state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = (rollout.number, rollout.state);
        if last.replace(state) == Some(state) || rollout.state == RolloutState::Running {
            return Ok(None);
        }
        let tally = rollout.tally.total();
        let (touched, failed) = (tally.touched(), tally.failed);
        let told =
            format!("a rollout is {}: {touched} tenants touched, {failed} of them not well", rollout.state.as_str());
        progress(&told);
        Ok(Some(told))
    }

    fn release(&self, image: &str) -> Result<(), Failure> {
        let plane = self.ground.deploy(platform(self.scale.tenants, image)?);
        *self.plane.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(plane);
        Ok(())
    }

    fn plane(&self) -> Arc<Plane> {
        Arc::clone(&self.plane.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn draw<T>(&self, drawn: impl FnOnce(&mut StdRng) -> T) -> T {
        drawn(&mut self.chance.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn caller(trigger: Trigger) -> Caller {
    Caller::new(Principal("week".to_owned()), trigger)
}
