//! Twenty creates at once, four Terraform processes allowed, against the same twenty bare applies, four at a time.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::apply::phase;
use super::tenants::without_plugins;
use crate::Failure;
use crate::bare::Bare;
use crate::figure::{Figure, Target, Unit};
use crate::function::{Function, Kind};
use crate::sample::Sample;
use crate::wire::request;
use crate::world::World;

const AT_ONCE: u32 = 20;
/// What the local platform's settings allow one process, and one database instance.
const PROCESSES: usize = 4;

pub(super) async fn measure(world: &World, rounds: usize) -> Result<Vec<Figure>, Failure> {
    let bare = Arc::new(Bare::init(world).await?);
    let (mut ours, mut theirs, mut processes) = (Vec::new(), Vec::new(), 0);
    for round in 0..rounds {
        world.counted("product")?.take()?;
        ours.push(f64::from(AT_ONCE) / through_api(world, round).await?);
        processes += world.counted("product")?.take()?;
        theirs.push(f64::from(AT_ONCE) / by_hand(world, &bare, round).await?);
    }
    let nothing = "nothing was measured";
    let (ours, theirs) = (Sample::of(ours).ok_or(nothing)?, Sample::of(theirs).ok_or(nothing)?);
    let ratio = ours.median() / theirs.median();
    let what = "20 creates at once: throughput against bare applies, 4 at a time";
    let each = f64::from(u32::try_from(processes)?) / f64::from(AT_ONCE) / f64::from(u32::try_from(rounds)?);
    let note = format!("all Ready; {each} Terraform processes a create; ours and theirs in creates a second");
    let figure = Figure::new("burst", what, ratio, Unit::Ratio, Target::AtLeast(0.9));
    Ok(vec![figure.from(ours.spread()).against(theirs.spread()).noting(note)])
}

/// Seconds from the first request to the last tenant that is ready.
async fn through_api(world: &World, round: usize) -> Result<f64, Failure> {
    let create = Arc::new(Function::start(world, "create-tenant", Kind::Worker).await?);
    let get = Arc::new(Function::start(world, "get-tenant", Kind::Reader).await?);
    create.is_well().await?;
    let began = Instant::now();
    let mut creates = JoinSet::new();
    for number in 0..AT_ONCE {
        let (create, get) = (Arc::clone(&create), Arc::clone(&get));
        creates.spawn(async move { make_ready(&create, &get, &format!("many-{round}-{number}")).await });
    }
    while let Some(made) = creates.join_next().await {
        made??;
    }
    Ok(began.elapsed().as_secs_f64())
}

async fn make_ready(create: &Function, get: &Function, id: &str) -> Result<(), Failure> {
    let headers = [("content-type", "application/yaml")];
    let reply = create.ask(&request("POST", "/tenants", &headers, &without_plugins(id, 3))).await?;
    match reply.status {
        201 if phase(&reply).as_deref() == Some("Ready") => Ok(()),
        // It would have had to wait too long for the others: it is made all the same.
        202 => {
            let look = request("GET", &format!("/tenants/{id}"), &[], "");
            get.until(&format!("{id} is ready"), &look, |reply| phase(reply).as_deref() == Some("Ready")).await
        }
        status => Err(format!("{id}: {status}: {}", String::from_utf8_lossy(&reply.body)).into()),
    }
}

/// Seconds from the first start to the last end.
async fn by_hand(world: &World, bare: &Arc<Bare>, round: usize) -> Result<f64, Failure> {
    let ids: Vec<String> = (0..AT_ONCE).map(|number| format!("hand-{round}-{number}")).collect();
    for id in &ids {
        bare.workspace(id, &world.variables(&without_plugins(id, 3))?).await?;
    }
    let hands = Arc::new(Semaphore::new(PROCESSES));
    let began = Instant::now();
    let mut applies = JoinSet::new();
    for id in ids {
        let (bare, hands) = (Arc::clone(bare), Arc::clone(&hands));
        applies.spawn(async move {
            let _hand = hands.acquire().await?;
            bare.apply(&id).await
        });
    }
    while let Some(applied) = applies.join_next().await {
        applied??;
    }
    Ok(began.elapsed().as_secs_f64())
}
