//! A week of a fleet, by seed: people, hands that change things behind everybody's back, a cloud that refuses, processes that
//! die, a release that breaks sites. Time passes only while everybody waits.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tenancy::clock::{Clock, RuntimeClock};
use tenancy::provision::memory::MemoryProvisioner;
use tenancy::reconcile::{Due, Insist};
use tenancy::records::{DefinitionObject, Principal, Rollouts, Trigger};
use tenancy::rollout::{Order, Rollout, RolloutState};
use tenancy::store::{NewObject, ObjectReader as _, ObjectStore as _, Precondition};
use tenancy::tasks::{LocalQueue, Task};
use tenancy::tenant::{Format, TenantId};
use tenancy::tenants::{Caller, IfMatch, Submission, Wait};
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
        cloud.breaks_where(|run| {
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

    /// Everything that happens to single tenants within the hour, each at a moment of its own.
    fn happenings(self: &Arc<Self>, hour: usize) {
        let working = if hour / 24 % 7 >= 5 { taken::AT_WEEKENDS } else { 1.0 };
        let share = taken::BY_HOUR[hour % 24] / taken::BY_HOUR.iter().sum::<f64>();
        let often = |percent: f64| self.times(percent * working * share);
        for (count, what) in [
            (often(taken::CHANGED_A_DAY), What::Change),
            (often(taken::NEW_A_DAY), What::New),
            (often(taken::NEW_A_DAY), What::Delete),
            (self.times(taken::DRIFTED_A_DAY / 24.0), What::ByHand),
        ] {
            for _ in 0..count {
                let (life, wait) = (Arc::clone(self), self.draw(|chance| chance.random_range(0..3_600_000)));
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                    if let Err(error) = life.happen(what).await {
                        progress(&format!("{what:?}: {error}"));
                    }
                });
            }
        }
    }

    /// So many of 100 tenants; what is left of a whole one by chance.
    fn times(&self, percent: f64) -> u32 {
        let mean = percent / 100.0 * f64::from(u32::try_from(self.scale.tenants).unwrap_or(u32::MAX));
        let mut whole = 0;
        while f64::from(whole) + 1.0 <= mean {
            whole += 1;
        }
        whole + u32::from(self.draw(|chance| chance.random_bool((mean - f64::from(whole)).clamp(0.0, 1.0))))
    }

    async fn happen(self: &Arc<Self>, what: What) -> Result<(), Failure> {
        let uploaded = self.draw(|chance| chance.random_bool(taken::UPLOADED / 100.0));
        match what {
            What::Change | What::New => {
                let tenant = if what == What::New { self.new_tenant()? } else { self.some_tenant() };
                let most = self.draw(|chance| chance.random_range(1..20));
                self.now.count(|hour| hour.changes += 1);
                if uploaded {
                    self.change_by_upload(&tenant, most).await
                } else {
                    self.change_by_request(&tenant, most, what).await
                }
            }
            What::Delete => {
                let tenant = self.leaving_tenant();
                self.now.count(|hour| hour.changes += 1);
                if uploaded {
                    self.remove(&tenant).await?;
                    self.tell(&tenant).await;
                    return Ok(());
                }
                let wait = Wait::ForResult;
                self.plane().commands.delete(&caller(Trigger::Api), &tenant, IfMatch::Any, false, wait).await?;
                Ok(())
            }
            What::ByHand => {
                let (tenant, at) = (self.some_tenant(), self.ground.clock.now());
                self.cloud.change_service(&tenant);
                self.now.count(|hour| hour.by_hand += 1);
                tokio::time::sleep(taken::FEED).await;
                self.now.count(|hour| hour.events += 1);
                self.plane().watcher.suspect(&tenant, Some(at)).await?;
                Ok(())
            }
        }
    }

    async fn change_by_upload(self: &Arc<Self>, tenant: &TenantId, most: u32) -> Result<(), Failure> {
        self.upload(tenant, most).await?;
        self.tell(tenant).await;
        Ok(())
    }

    async fn change_by_request(&self, tenant: &TenantId, most: u32, what: What) -> Result<(), Failure> {
        let submission = Submission { source: definition(tenant, most), format: Format::Yaml };
        let (commands, caller, began) = (self.plane(), caller(Trigger::Api), self.ground.clock.now());
        self.now.count(|hour| hour.requests += 1);
        let answer = if what == What::New {
            commands.commands.create(&caller, submission, Wait::ForResult).await
        } else {
            commands.commands.update(&caller, tenant, submission, IfMatch::Any, Wait::ForResult).await
        };
        // A refusal is an answer: somebody else deletes the tenant, or the cloud refuses.
        if answer.is_ok() {
            self.now.answered(self.ground.clock.now().duration_since(began).as_secs_f64());
        }
        Ok(())
    }

    /// The bucket's event: it comes once, mostly.
    async fn tell(&self, tenant: &TenantId) {
        let (lost, doubled) = (taken::EVENTS_LOST / 1_000.0, taken::EVENTS_DOUBLED / 1_000.0);
        let (lost, doubled) = self.draw(|chance| (chance.random_bool(lost), chance.random_bool(doubled)));
        if lost {
            return;
        }
        for _ in 0..=usize::from(doubled) {
            tokio::time::sleep(taken::DELIVERY).await;
            self.now.count(|hour| {
                hour.events += 1;
                hour.requests += 1;
            });
            // What is not noticed now is found by the sweep.
            let _ = self.plane().watcher.notice(tenant).await;
        }
    }

    async fn upload(&self, tenant: &TenantId, most: u32) -> Result<(), Failure> {
        let name = DefinitionObject::of(tenant, Format::Yaml).name;
        let bucket = &self.ground.definitions.bucket;
        let when =
            bucket.stat(&name).await?.map_or(Precondition::Absent, |live| Precondition::Matches(live.generation));
        let object = NewObject { body: definition(tenant, most), ..NewObject::default() };
        self.ground.definitions.write(&name, object, when).await?;
        Ok(())
    }

    async fn remove(&self, tenant: &TenantId) -> Result<(), Failure> {
        let name = DefinitionObject::of(tenant, Format::Yaml).name;
        if let Some(live) = self.ground.definitions.bucket.stat(&name).await? {
            self.ground.definitions.delete(&name, live.generation).await?;
        }
        Ok(())
    }

    fn plane(&self) -> Arc<Plane> {
        Arc::clone(&self.plane.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn draw<T>(&self, drawn: impl FnOnce(&mut StdRng) -> T) -> T {
        drawn(&mut self.chance.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn some_tenant(&self) -> TenantId {
        let tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let at = self.draw(|chance| chance.random_range(0..tenants.len()));
        tenants[at].clone()
    }

    fn leaving_tenant(&self) -> TenantId {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let at = self.draw(|chance| chance.random_range(0..tenants.len()));
        tenants.swap_remove(at)
    }

    fn new_tenant(&self) -> Result<TenantId, Failure> {
        let number: u32 = self.draw(|chance| chance.random_range(1_000_000..2_000_000));
        let tenant: TenantId = format!("tenant-{number}").parse()?;
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).push(tenant.clone());
        Ok(tenant)
    }
}

/// What happens to a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Change,
    New,
    Delete,
    ByHand,
}

fn caller(trigger: Trigger) -> Caller {
    Caller::new(Principal("week".to_owned()), trigger)
}

/// Every other tenant has drift corrected.
fn definition(tenant: &TenantId, most: u32) -> Bytes {
    let policy = if tenant.as_str().ends_with(['0', '2', '4', '6', '8']) { "Correct" } else { "Report" };
    format!(
        "apiVersion: aipress.io/v1alpha1\nkind: Tenant\nmetadata:\n  name: {tenant}\nspec:\n  driftPolicy: {policy}\n  runtime:\n    \
         scaling:\n      maxInstances: {most}\n  plugins: []\n"
    )
    .into()
}
