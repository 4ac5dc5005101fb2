//! From the start of a function's process to its first answer, and what it keeps in memory then.

use std::time::Duration;

use crate::Failure;
use crate::figure::{Figure, Target, Unit};
use crate::function::{ALL, Function, Kind};
use crate::sample::Sample;
use crate::wire::request;
use crate::world::World;

/// Starts that fill the machine's file cache, as a host that runs the function already has.
const WARM_UP: usize = 2;

pub(super) async fn measure(world: &World, starts: usize) -> Result<Vec<Figure>, Failure> {
    world.counted("product")?.take()?;
    let mut figures = Vec::new();
    let mut memory: Vec<(f64, &str)> = Vec::new();
    for (name, kind) in ALL {
        let (times, resident) = start_often(world, name, kind, starts).await?;
        let sample = Sample::of_durations(&times).ok_or("nothing was started")?;
        let most = if name == "get-tenant" { 10.0 } else { 15.0 };
        let what = format!("start of {name} to its first answer");
        let target = Target::AtMost(most);
        let note = "process start, two or three buckets checked, first request answered".to_owned();
        figures.push(
            Figure::new(&format!("start.{name}"), &what, sample.median(), Unit::Milliseconds, target)
                .from(sample.spread())
                .noting(if sample.median() > most { note } else { String::new() }),
        );
        memory.extend(resident.map(|resident| (resident, name)));
    }
    let largest = memory.into_iter().max_by(|one, other| one.0.total_cmp(&other.0));
    if let Some((resident, name)) = largest {
        let what = "resident memory after the first answer, the largest function";
        figures.push(Figure::new("start.memory", what, resident, Unit::Mebibytes, Target::AtMost(20.0)).noting(name));
    }
    let started = world.counted("product")?.take()?;
    let what = "Terraform processes at the start of functions";
    let started = u32::try_from(started)?.into();
    figures.push(Figure::new("start.processes", what, started, Unit::Count, Target::Exactly(0.0)));
    Ok(figures)
}

/// Times of a function's starts, and its largest resident memory in MiB.
async fn start_often(
    world: &World,
    name: &str,
    kind: Kind,
    starts: usize,
) -> Result<(Vec<Duration>, Option<f64>), Failure> {
    // A tenant nobody knows: it is looked for in both buckets all the same.
    let first = match kind {
        Kind::Reader => (request("GET", "/tenants/nobody", &[], ""), 404),
        Kind::Fleet | Kind::Worker => (request("GET", "/healthz", &[], ""), 200),
    };
    let (mut times, mut memory) = (Vec::new(), None);
    for number in 0..starts + WARM_UP {
        let function = Function::start(world, name, kind).await?;
        let reply = function.ask(&first.0).await?;
        let took = function.began.elapsed();
        if reply.status != first.1 {
            return Err(format!("{name} first answers {}", reply.status).into());
        }
        memory = [memory, function.memory()].into_iter().flatten().reduce(f64::max);
        function.stop().await?;
        if number >= WARM_UP {
            times.push(took);
        }
    }
    Ok((times, memory))
}
