//! Many tenants changed at once: every definition uploaded, then the events, of which some are lost and some come twice. In the
//! middle people ask for changes of their own. Then one sweep.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use crate::Failure;
use crate::figure::{Figure, Target, Unit, count};
use crate::figures::events::event;
use crate::figures::tenants::without_plugins;
use crate::plane::{Plane, told};
use crate::report::progress;
use crate::sample::Sample;

/// One event in so many is lost, and one in so many comes twice: 5 % each.
const EVERY: usize = 20;
const LOST: usize = 7;
const TWICE: usize = 13;
/// People who ask for a change while the fleet is being changed.
const PEOPLE: usize = 5;
/// Nobody waits longer for a fleet to settle.
const PATIENCE: Duration = Duration::from_mins(40);

/// A tenant by its number.
pub(super) fn tenant(number: usize) -> String {
    format!("tenant-{number}")
}

/// Definitions of the first tenants, and the generations that they were stored as.
pub(super) struct Upload {
    most_instances: usize,
    tenants: usize,
    generations: BTreeMap<String, u64>,
}

impl Upload {
    /// Of so many tenants, with at most so many instances each: what differs between two uploads.
    pub(super) const fn of(tenants: usize, most_instances: usize) -> Self {
        Self { most_instances, tenants, generations: BTreeMap::new() }
    }

    /// Puts them into the bucket.
    pub(super) async fn put(&mut self, plane: &Plane) -> Result<(), Failure> {
        for number in 0..self.tenants {
            let id = tenant(number);
            let generation = plane.upload(&id, &without_plugins(&id, self.most_instances)).await?;
            self.generations.insert(id, generation);
        }
        Ok(())
    }

    /// Sends every event once.
    pub(super) async fn tell_all(&self, plane: &Plane) -> Result<(), Failure> {
        tell(plane, 0..self.tenants).await
    }

    /// Waits until each tenant is as this upload defines it.
    pub(super) async fn settle(&self, plane: &Plane) -> Result<(), Failure> {
        until(plane, |fleet| fleet.as_defined(&self.generations) == self.tenants).await.map(drop)
    }
}

/// What a list of the fleet says.
struct Fleet(BTreeMap<String, Value>);

impl Fleet {
    async fn list(plane: &Plane) -> Result<Self, Failure> {
        let listed = plane.ask("GET", "/tenants?limit=1000", &[], "").await?;
        let items = listed["items"].as_array().cloned().unwrap_or_default();
        Ok(Self(items.into_iter().map(|item| (item["name"].as_str().unwrap_or_default().to_owned(), item)).collect()))
    }

    fn as_defined(&self, generations: &BTreeMap<String, u64>) -> usize {
        generations.iter().filter(|(tenant, generation)| self.is_as_defined(tenant, **generation)).count()
    }

    fn is_as_defined(&self, tenant: &str, generation: u64) -> bool {
        self.0.get(tenant).is_some_and(|found| found["phase"] == "Ready" && found["observedGeneration"] == generation)
    }
}

/// Everything at once, and what came of it. `bare` is what one bare apply took with nothing beside it.
pub(super) async fn measure(plane: &Plane, tenants: usize, bare: Duration) -> Result<Vec<Figure>, Failure> {
    let mut upload = Upload::of(tenants, 5);
    upload.put(plane).await?;
    let heard: Vec<usize> = (0..tenants).filter(|number| number % EVERY != LOST).collect();
    let twice = heard.iter().copied().filter(|number| number % EVERY == TWICE);
    let began = Instant::now();
    tell(plane, heard.iter().copied().chain(twice)).await?;
    let half = |fleet: &Fleet| fleet.as_defined(&upload.generations) >= heard.len() / 2;
    until(plane, half).await?;
    let person = people(plane, &mut upload, &heard).await?;
    let told = |fleet: &Fleet| fleet.as_defined(&upload.generations) >= heard.len();
    until(plane, told).await?;
    let took = began.elapsed();
    let lost = tenants - Fleet::list(plane).await?.as_defined(&upload.generations);
    progress(&format!("{lost} tenants of lost events wait for the sweep"));
    let swept = plane.ask("POST", "/sweep", &[], "").await?;
    let settled = upload.settle(plane).await;
    let behind = tenants - Fleet::list(plane).await?.as_defined(&upload.generations);
    let failed = failures(plane, tenants).await?;
    let handed = swept["due"].as_array().map_or(0, Vec::len);
    let one_after_the_other = bare.as_secs_f64() * count(heard.len()) / took.as_secs_f64();
    let what = |part: &str| format!("{tenants} tenants changed at once, 4 Terraform processes: {part}");
    Ok(vec![
        Figure::new(
            "fleet.changes.failed",
            &what("operations that failed"),
            count(failed),
            Unit::Count,
            Target::Exactly(0.0),
        )
        .noting(format!(
            "{} changes in {:.0} s; bare applies one after the other would take {one_after_the_other:.1} times as long",
            heard.len(),
            took.as_secs_f64()
        )),
        person,
        Figure::new("fleet.changes.behind", &lossy(tenants), count(behind), Unit::Count, Target::Exactly(0.0)).noting(
            format!(
                "{lost} tenants whose events were lost were still as before; the sweep handed on {handed}{}",
                settled.err().map_or_else(String::new, |error| format!("; {error}"))
            ),
        ),
    ])
}

fn lossy(tenants: usize) -> String {
    format!("5 % of {tenants} events lost, 5 % doubled: tenants that are not as defined after one sweep")
}

/// Sends events, again where the control plane asks for that, as Eventarc does.
async fn tell(plane: &Plane, numbers: impl Iterator<Item = usize>) -> Result<(), Failure> {
    let mut wire = plane.open().await?;
    for number in numbers {
        let event = event(Plane::definitions(), &tenant(number));
        loop {
            let reply = wire.exchange(&event).await?;
            match reply.status {
                202 | 204 => break,
                429 | 503 => tokio::time::sleep(Duration::from_secs(1)).await,
                _ => return Err(format!("an event of {}: {}", tenant(number), told(&reply)).into()),
            }
        }
    }
    Ok(())
}

/// Some of those whose turn comes last are changed once more by people, one after the other: how long until each change
/// begins, in applies under the same load.
async fn people(plane: &Plane, upload: &mut Upload, heard: &[usize]) -> Result<Figure, Failure> {
    let (mut waits, mut applies) = (Vec::new(), Vec::new());
    for number in heard.iter().rev().take(PEOPLE) {
        let id = tenant(*number);
        let headers = [("content-type", "application/yaml")];
        let asked = Timestamp::now();
        let answer = plane.ask("PUT", &format!("/tenants/{id}"), &headers, &without_plugins(&id, 7)).await?;
        let generation = answer["metadata"]["generation"].as_u64().ok_or("a changed tenant has no generation")?;
        upload.generations.insert(id.clone(), generation);
        let (wait, apply) = timing(asked, &newest(plane, &id).await?)?;
        waits.push(wait);
        applies.push(apply);
    }
    let nothing = "nobody asked";
    let (waits, applies) =
        (Sample::of_durations(&waits).ok_or(nothing)?, Sample::of_durations(&applies).ok_or(nothing)?);
    let what = "a person's PUT in the middle of it: the longest wait for its start, in applies";
    let ratio = waits.spread().most / applies.median();
    let figure = Figure::new("fleet.changes.person", what, ratio, Unit::Ratio, Target::AtMost(1.0));
    Ok(figure
        .from(waits.spread())
        .against(applies.spread())
        .noting("ours: the waits; against: the applies they led to, under the same load"))
}

async fn newest(plane: &Plane, id: &str) -> Result<Value, Failure> {
    let operations = plane.ask("GET", &format!("/tenants/{id}/operations?limit=1"), &[], "").await?;
    Ok(operations["items"][0].clone())
}

/// From the moment it was asked for to its start, and from there to its end.
fn timing(asked: Timestamp, operation: &Value) -> Result<(Duration, Duration), Failure> {
    let at = |value: &Value| value.as_str().unwrap_or_default().parse::<Timestamp>();
    let (begun, finished) = (at(&operation["steps"][0]["at"])?, at(&operation["finished"])?);
    Ok((begun.duration_since(asked).try_into()?, finished.duration_since(begun).try_into()?))
}

/// Operations of the fleet that did not succeed, over all there were.
async fn failures(plane: &Plane, tenants: usize) -> Result<usize, Failure> {
    let mut failed = 0;
    for number in 0..tenants {
        let path = format!("/tenants/{}/operations?limit=100", tenant(number));
        let operations = plane.ask("GET", &path, &[], "").await?;
        let ended = operations["items"].as_array().ok_or("no list of operations")?;
        failed += ended.iter().filter(|operation| operation["outcome"] != "Succeeded").count();
    }
    Ok(failed)
}

async fn until(plane: &Plane, fits: impl Fn(&Fleet) -> bool) -> Result<Fleet, Failure> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let fleet = Fleet::list(plane).await?;
        if fits(&fleet) {
            return Ok(fleet);
        }
        if Instant::now() > deadline {
            let mut phases: BTreeMap<String, usize> = BTreeMap::new();
            for found in fleet.0.values() {
                *phases.entry(found["phase"].to_string()).or_default() += 1;
            }
            return Err(format!("the fleet did not settle: {phases:?}").into());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
