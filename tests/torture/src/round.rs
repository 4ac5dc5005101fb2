//! One moment: deeds begin on every tenant, somebody is killed, everything must be as defined after at most two sweeps.

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
use crate::tally::Tally;
use crate::victims::{Aim, Family, Kind, strike};
use crate::wanted::{Wanted, object, wanted};

/// Longest wait for what one sweep handed out: Terraform on a busy machine takes its time.
const PATIENCE: Duration = Duration::from_mins(1);
/// Nothing happens for so long: nothing more comes of this sweep.
const QUIET: Duration = Duration::from_secs(1);
/// No deed goes on for longer than this before somebody is killed.
const LONGEST_DELAY_MS: u64 = 7_000;
/// Those aimed at have so long to be at work.
const AT_WORK: Duration = Duration::from_secs(5);
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

/// What was drawn for one moment.
struct Drawn {
    deeds: Vec<Deed>,
    aim: Aim,
    delay: Duration,
}

impl Drawn {
    fn from(random: &mut StdRng, exist: &[bool]) -> Self {
        let aim = Aim::draw(random);
        let mut deeds: Vec<Deed> = exist.iter().map(|exists| Deed::draw(random, *exists)).collect();
        // Installers work only where plugins change, and for a short time.
        let delay = if aim == Aim::Installer {
            deeds[0] = Deed::Plugins;
            random.random_range(0..300)
        } else {
            random.random_range(0..LONGEST_DELAY_MS)
        };
        Self { deeds, aim, delay: Duration::from_millis(delay) }
    }
}

impl Bench {
    /// Starts one, and learns how many resources a tenant has.
    pub(crate) async fn start(tenants: usize) -> Self {
        let (plane, sites) = plane::start(tenants).await;
        let measure = Measure::take(&plane).await;
        let lanes = (0..tenants).map(|lane| Lane { lane, life: 0 }).collect();
        Self { plane, family: Family::default(), lanes, measure, number: 1, _sites: sites }
    }

    pub(crate) async fn round(&mut self, random: &mut StdRng, tally: &mut Tally) -> String {
        let exist = self.lanes.iter().map(|lane| {
            let (storage, object) = (&self.plane.storage, object(&lane.id()));
            async move { storage.read(DEFINITIONS, &object).await.is_some() }
        });
        let exist = join_all(exist).await;
        let drawn = Drawn::from(random, &exist);
        self.number = self.number % 8 + 1;
        let (killed, steps) = self.deeds_and_kill(&drawn, &exist).await;
        let told = format!("{:?}, {:?} after {:?}: killed {killed:?}", drawn.deeds, drawn.aim, drawn.delay);
        count(tally, &killed, steps, &drawn);
        if killed.contains(&Kind::Function) {
            self.plane.kill_and_restart().await;
        }
        let began = Instant::now();
        let failures = self.verdict(&killed, tally).await;
        let told = format!("{told}, settled in {:.1?}", began.elapsed());
        tally.failures.extend(failures.into_iter().map(|failure| format!("{told}: {failure}")));
        told
    }

    /// The deeds go on until they are answered, or until whoever should answer is dead.
    async fn deeds_and_kill(&mut self, drawn: &Drawn, exist: &[bool]) -> (Vec<Kind>, Vec<Option<String>>) {
        let (plane, number, family) = (&self.plane, self.number, &mut self.family);
        let ids: Vec<String> = self.lanes.iter().map(Lane::id).collect();
        let deeds = ids.iter().zip(&drawn.deeds).zip(exist);
        let under_way = join_all(deeds.map(|((id, deed), exists)| deeds::perform(plane, id, *deed, *exists, number)));
        let kill = async {
            if drawn.aim == Aim::Installer {
                at_work(family, plane, drawn.aim, Duration::from_secs(20)).await;
            }
            tokio::time::sleep(drawn.delay).await;
            at_work(family, plane, drawn.aim, AT_WORK).await;
            let steps = join_all(ids.iter().map(|id| check::step(plane, id))).await;
            (strike(family.victims(plane.pid(), drawn.aim)), steps)
        };
        let (_, struck) = tokio::join!(tokio::time::timeout(ANSWER, under_way), kill);
        struck
    }

    async fn verdict(&mut self, killed: &[Kind], tally: &mut Tally) -> Vec<String> {
        let wants = match self.wants().await {
            Ok(wants) => wants,
            Err(failure) => return vec![failure],
        };
        // What died keeps its leases until they run out, and a tombstone its grace.
        let pause = if killed.contains(&Kind::Function) { LEASE } else { GRACE };
        tokio::time::sleep(pause + Duration::from_millis(500)).await;
        let mut failures = Vec::new();
        for sweep in 0..2 {
            self.plane.sweep().await;
            failures = self.settled(&wants).await;
            if failures.is_empty() {
                tally.sweeps[sweep] += usize::from(!killed.is_empty());
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

/// Waits until somebody of those aimed at is at work, or for long enough.
async fn at_work(family: &mut Family, plane: &ControlPlane, aim: Aim, most: Duration) {
    let deadline = Instant::now() + most;
    while family.victims(plane.pid(), aim).is_empty() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A moment at which nobody was at work is no test of anything.
fn count(tally: &mut Tally, killed: &[Kind], steps: Vec<Option<String>>, drawn: &Drawn) {
    if killed.is_empty() {
        tally.idle += 1;
        return;
    }
    tally.moments += 1;
    for kind in killed {
        *tally.killed.entry(*kind).or_default() += 1;
    }
    for (deed, step) in drawn.deeds.iter().zip(steps) {
        if let Some(step) = step {
            *tally.steps.entry((*deed, step)).or_default() += 1;
        }
    }
}
