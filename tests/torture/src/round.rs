//! One round: deeds begin on every tenant, somebody is killed, perhaps again while that is put in order; then everything must
//! be as defined after at most two sweeps.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use end_to_end::ControlPlane;
use futures::future::join_all;
use rand::RngExt as _;
use rand::rngs::StdRng;
use tempfile::NamedTempFile;

use crate::check::{self, Measure};
use crate::deeds::{self, DEFINITIONS, Deed};
use crate::plane::{self, GRACE, LEASE};
use crate::tally::{Blow, Tally};
use crate::victims::{self, Aim, Family, Kind};
use crate::wanted::{Wanted, object, wanted};

/// Longest wait for what one sweep handed out: Terraform on a busy machine takes its time.
const PATIENCE: Duration = Duration::from_mins(1);
/// Nothing happens for so long: nothing more comes of this sweep.
const QUIET: Duration = Duration::from_secs(1);
/// No deed goes on for longer than this before somebody is killed.
const LONGEST_DELAY_MS: u64 = 7_000;
/// So many more blows may fall while what the first one left is put in order.
const MOST_AGAIN: usize = 2;
/// No answer to a deed is waited for longer.
const ANSWER: Duration = Duration::from_secs(30);

/// A control plane and its tenants.
pub(crate) struct Bench {
    plane: ControlPlane,
    family: Family,
    lanes: Vec<Lane>,
    measure: Measure,
    number: u32,
    _sites: NamedTempFile,
}

/// One tenant at a time.
struct Lane {
    lane: usize,
    life: u32,
}

impl Lane {
    fn id(&self) -> String {
        plane::id(self.lane, self.life)
    }
}

/// What was drawn for one round.
struct Drawn {
    deeds: Vec<Deed>,
    strike: Strike,
    /// While what the first one left is put in order.
    again: Vec<Strike>,
}

/// One blow: at whom, and when.
#[derive(Debug, Clone, Copy)]
struct Strike {
    aim: Aim,
    delay: Duration,
}

impl Strike {
    fn draw(random: &mut StdRng, longest_ms: u64) -> Self {
        let aim = Aim::draw(random);
        // Installers work for a short time.
        let longest_ms = if aim == Aim::Installer { 300 } else { longest_ms };
        Self { aim, delay: Duration::from_millis(random.random_range(0..longest_ms)) }
    }

    /// Those aimed at have so long to be at work.
    const fn patience(self) -> Duration {
        if matches!(self.aim, Aim::Installer) { Duration::from_secs(20) } else { Duration::from_secs(5) }
    }
}

impl Drawn {
    fn from(random: &mut StdRng, exist: &[bool]) -> Self {
        let mut deeds: Vec<Deed> = exist.iter().map(|exists| Deed::draw(random, *exists)).collect();
        let strike = Strike::draw(random, LONGEST_DELAY_MS);
        if strike.aim == Aim::Installer {
            deeds[0] = Deed::Plugins;
        }
        let again = (0..random.random_range(0..=MOST_AGAIN)).map(|_| {
            loop {
                let strike = Strike::draw(random, LONGEST_DELAY_MS / 2);
                if strike.aim != Aim::Installer {
                    break strike;
                }
            }
        });
        Self { deeds, strike, again: again.collect() }
    }
}

impl Bench {
    /// Starts one, and learns how many resources a tenant has.
    pub(crate) async fn start(tenants: usize) -> std::io::Result<Self> {
        let (plane, sites) = plane::start(tenants).await?;
        let measure = Measure::take(&plane).await;
        let lanes = (0..tenants).map(|lane| Lane { lane, life: 0 }).collect();
        Ok(Self { plane, family: Family::default(), lanes, measure, number: 1, _sites: sites })
    }

    pub(crate) async fn round(&mut self, random: &mut StdRng, tally: &mut Tally) -> String {
        let exist = self.lanes.iter().map(|lane| {
            let (storage, object) = (&self.plane.storage, object(&lane.id()));
            async move { storage.read(DEFINITIONS, &object).await.is_some() }
        });
        let exist = join_all(exist).await;
        let drawn = Drawn::from(random, &exist);
        self.number = self.number % 8 + 1;
        let began = Instant::now();
        let mut blow = self.deeds_and_strike(&drawn, &exist).await;
        let mut told = format!("{:?}, {}", drawn.deeds, blow.told(drawn.strike));
        tally.count(&blow, &drawn.deeds);
        for strike in &drawn.again {
            self.restart_after(&blow).await;
            blow = self.sweep_and_strike(*strike).await;
            told = format!("{told}, {}", blow.told(*strike));
            tally.count(&blow, &drawn.deeds);
        }
        self.restart_after(&blow).await;
        let struck = began.elapsed();
        let failures = self.verdict(tally).await;
        let told = format!("{told}: {struck:.0?}, settled in {:.0?}", began.elapsed().saturating_sub(struck));
        tally.failures.extend(failures.into_iter().map(|failure| format!("{told}: {failure}")));
        told
    }

    async fn restart_after(&mut self, blow: &Blow) {
        if blow.killed.contains(&Kind::Function) {
            self.plane.kill_and_restart().await;
        }
    }

    /// The deeds go on until they are answered, or until whoever should answer is dead.
    async fn deeds_and_strike(&mut self, drawn: &Drawn, exist: &[bool]) -> Blow {
        let (plane, number) = (&self.plane, self.number);
        let ids: Vec<String> = self.lanes.iter().map(Lane::id).collect();
        let deeds = ids.iter().zip(&drawn.deeds).zip(exist);
        let under_way = join_all(deeds.map(|((id, deed), exists)| deeds::perform(plane, id, *deed, *exists, number)));
        let strike = strike(&mut self.family, plane, &ids, drawn.strike);
        tokio::join!(tokio::time::timeout(ANSWER, under_way), strike).1
    }

    /// What was left is found by a sweep, and is struck again while it is put in order.
    async fn sweep_and_strike(&mut self, again: Strike) -> Blow {
        tokio::time::sleep(LEASE).await;
        let ids: Vec<String> = self.lanes.iter().map(Lane::id).collect();
        let sweep = self.plane.api.try_send(reqwest::Method::POST, "/sweep", None);
        let strike = strike(&mut self.family, &self.plane, &ids, again);
        tokio::join!(tokio::time::timeout(ANSWER, sweep), strike).1
    }

    async fn verdict(&mut self, tally: &mut Tally) -> Vec<String> {
        let wants = match self.wants().await {
            Ok(wants) => wants,
            Err(failure) => return vec![failure],
        };
        // What died keeps its leases until they run out, and a tombstone its grace.
        tokio::time::sleep(LEASE.max(GRACE) + Duration::from_millis(500)).await;
        let mut failures = Vec::new();
        for sweep in 0..2 {
            self.plane.sweep().await;
            failures = self.settled(&wants).await;
            if failures.is_empty() {
                tally.sweeps[sweep] += 1;
                break;
            }
            // Until what failed once is due again.
            tokio::time::sleep(GRACE).await;
        }
        for lane in &mut self.lanes {
            if wants.get(&lane.id()) == Some(&Wanted::Gone) {
                failures.extend(check::history(&self.plane, &lane.id(), tally).await);
                lane.life += 1;
            }
        }
        failures
    }

    async fn wants(&self) -> Result<BTreeMap<String, Wanted>, String> {
        let mut wants = BTreeMap::new();
        for lane in &self.lanes {
            wants.insert(lane.id(), wanted(&self.plane, &lane.id()).await?);
        }
        Ok(wants)
    }

    /// What is not as it must be once it no longer changes, or after long enough.
    async fn settled(&mut self, wants: &BTreeMap<String, Wanted>) -> Vec<String> {
        let (began, mut quiet_since) = (Instant::now(), None);
        loop {
            let doubles = Family::doubles(self.plane.pid());
            if !doubles.is_empty() {
                return vec![format!("two Terraform processes at once for {doubles:?}")];
            }
            let checks = wants.iter().map(|(id, want)| check::tenant(&self.plane, id, want, &self.measure));
            let mut failures: Vec<String> = join_all(checks).await.into_iter().filter_map(Result::err).collect();
            failures.extend(self.measure.strangers(&self.plane, wants));
            if failures.is_empty() || began.elapsed() > PATIENCE {
                return failures;
            }
            let works = self.family.is_at_work(self.plane.pid()) || check::is_held(&self.plane, wants.keys()).await;
            let since = *quiet_since.get_or_insert_with(Instant::now);
            if works {
                quiet_since = None;
            } else if since.elapsed() > QUIET {
                return failures;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// The histories of those that are still there.
    pub(crate) async fn last_words(&self, tally: &mut Tally) {
        for lane in &self.lanes {
            let failures = check::history(&self.plane, &lane.id(), tally).await;
            tally.failures.extend(failures);
        }
    }
}

/// Waits for the moment, and then for somebody of those aimed at to be at work; kills them.
async fn strike(family: &mut Family, plane: &ControlPlane, ids: &[String], strike: Strike) -> Blow {
    let Strike { aim, delay } = strike;
    if aim != Aim::Installer {
        tokio::time::sleep(delay).await;
    }
    let deadline = Instant::now() + strike.patience();
    while family.victims(plane.pid(), aim).is_empty() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    if aim == Aim::Installer {
        tokio::time::sleep(delay).await;
    }
    let steps = join_all(ids.iter().map(|id| check::step(plane, id))).await;
    Blow { killed: victims::kill(family.victims(plane.pid(), aim)), steps }
}
