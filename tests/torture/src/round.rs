//! One round: deeds begin on every tenant, somebody is killed, everything must be as defined after at most two sweeps.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use end_to_end::{ControlPlane, Options};
use futures::future::join_all;
use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::Value;

use crate::tenants::{self, Deed, Wanted};
use crate::victims::{Aim, Family};
use crate::{LEASE, Tally, platform};

/// Longest wait for what one sweep handed out: Terraform on a busy machine takes its time.
const PATIENCE: Duration = Duration::from_mins(1);
/// No operation goes on for longer than this before somebody is killed.
const LONGEST_DELAY_MS: u64 = 4_500;

/// A control plane and its tenants.
pub(crate) struct Bench {
    plane: ControlPlane,
    family: Family,
    lanes: Vec<Lane>,
    resources: usize,
    number: u32,
}

/// One tenant at a time, and its name.
struct Lane {
    lane: usize,
    life: u32,
}

impl Lane {
    fn id(&self) -> String {
        format!("t{}-{}", self.lane, self.life)
    }
}

impl Bench {
    /// Starts one, and learns how many resources a tenant has.
    pub(crate) async fn start(tenants: usize) -> Self {
        let options = Options { platform: Some(platform()), ..Options::default() };
        let plane = ControlPlane::start_with(options).await;
        let made = plane.create(&tenants::definition("measured", 1, false)).await;
        assert!(made.status.is_success(), "{}", made.text);
        let resources = plane.cloud().resources_of("measured").len();
        plane.delete("measured").await;
        let lanes = (0..tenants).map(|lane| Lane { lane, life: 0 }).collect();
        Self { plane, family: Family::default(), lanes, resources, number: 1 }
    }

    pub(crate) async fn round(&mut self, random: &mut StdRng, tally: &mut Tally) -> String {
        let deeds: Vec<Deed> = self.lanes.iter().map(|_| Deed::draw(random)).collect();
        self.number = self.number % 8 + 1;
        let delay = Duration::from_millis(random.random_range(0..LONGEST_DELAY_MS));
        let aim = [Aim::Function, Aim::Terraform, Aim::Provider, Aim::All, Aim::All][random.random_range(0..5)];
        let killed = self.deeds_and_kill(&deeds, delay, aim).await;
        tally.kills += killed;
        if matches!(aim, Aim::Function | Aim::All) {
            tally.functions += 1;
            self.plane.kill_and_restart().await;
        }
        let began = Instant::now();
        let failures = self.verdict().await;
        let told = format!("{deeds:?}, {aim:?} after {delay:?}: {killed} killed, settled in {:.1?}", began.elapsed());
        tally.failures.extend(failures.into_iter().map(|failure| format!("{told}: {failure}")));
        told
    }

    /// The deeds go on until they are answered, or until whoever should answer is dead.
    async fn deeds_and_kill(&mut self, deeds: &[Deed], delay: Duration, aim: Aim) -> usize {
        let (plane, number) = (&self.plane, self.number);
        let ids: Vec<String> = self.lanes.iter().map(Lane::id).collect();
        let under_way = join_all(ids.iter().zip(deeds).map(|(id, deed)| tenants::perform(plane, id, *deed, number)));
        let family = &mut self.family;
        let kill = async {
            tokio::time::sleep(delay).await;
            // A moment at which nothing runs is no test of anything.
            let deadline = Instant::now() + Duration::from_secs(3);
            while !family.is_at_work(plane.pid()) && Instant::now() < deadline {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            family.kill(plane.pid(), aim)
        };
        let (_, killed) = tokio::join!(tokio::time::timeout(Duration::from_secs(30), under_way), kill);
        killed
    }

    async fn verdict(&mut self) -> Vec<String> {
        let mut wants = BTreeMap::new();
        for lane in &self.lanes {
            wants.insert(lane.id(), tenants::wanted(&self.plane, &lane.id()).await);
        }
        // What died keeps its leases until they run out, and a tombstone its grace.
        tokio::time::sleep(LEASE + Duration::from_millis(500)).await;
        let mut failures = Vec::new();
        for _ in 0..2 {
            self.plane.sweep().await;
            failures = self.settled(&wants).await;
            if failures.is_empty() {
                break;
            }
        }
        for lane in &mut self.lanes {
            if wants.get(&lane.id()) == Some(&Wanted::Gone) {
                lane.life += 1;
            }
        }
        failures
    }

    /// What is not as it must be once it no longer changes, or after long enough.
    async fn settled(&self, wants: &BTreeMap<String, Wanted>) -> Vec<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let checks = wants.iter().map(|(id, want)| tenants::check(&self.plane, id, *want, self.resources));
            let failures: Vec<String> = join_all(checks).await.into_iter().filter_map(Result::err).collect();
            let waiting = failures.is_empty() || Instant::now() > deadline;
            if waiting {
                return failures;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Every state the bucket ever held, in order: a serial that falls back was saved by who should not have.
    pub(crate) async fn states(&self) -> Vec<String> {
        let url = format!("{}/storage/v1/b/aipress-sandbox-state/o?versions=true", self.plane.storage.endpoint());
        let Ok(answer) = reqwest::get(url).await else { return vec!["the states cannot be listed".to_owned()] };
        let listed: Value = answer.json().await.unwrap_or_default();
        let mut newest: BTreeMap<String, u64> = BTreeMap::new();
        let mut failures = Vec::new();
        let items = listed["items"].as_array().cloned().unwrap_or_default();
        let mut versions: Vec<(String, u64, u64)> = items
            .iter()
            .filter_map(|item| {
                let name = item["name"].as_str().filter(|name| name.ends_with(".tfstate"))?.to_owned();
                let generation = item["generation"].as_str()?.parse().ok()?;
                let epoch = item["metadata"]["epoch"].as_str()?.parse().ok()?;
                Some((name, generation, epoch))
            })
            .collect();
        versions.sort();
        for (name, generation, epoch) in versions {
            let before = newest.insert(name.clone(), epoch);
            if before > Some(epoch) {
                failures.push(format!("{name} at {generation}: saved under epoch {epoch} after {before:?}"));
            }
        }
        failures
    }
}
