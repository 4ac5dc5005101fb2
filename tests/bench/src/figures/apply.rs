//! Create and guarded update through the API against a bare `terraform apply` of the same module: same state bucket, same
//! provider, same cloud, in turns.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::tenants::without_plugins;
use crate::Failure;
use crate::bare::Bare;
use crate::figure::{Figure, Target, Unit};
use crate::function::{Function, Kind};
use crate::sample::Sample;
use crate::wire::{Reply, request};
use crate::world::{Counted, World};

const WARM_UP: usize = 2;
const YAML: [(&str, &str); 1] = [("content-type", "application/yaml")];

/// What one kind of change took on both sides.
#[derive(Default)]
struct Pairs {
    ours: Vec<Duration>,
    theirs: Vec<Duration>,
    /// Terraform processes, over all pairs.
    processes: (usize, usize),
}

pub(super) async fn measure(world: &World, pairs: usize) -> Result<Vec<Figure>, Failure> {
    let bare = Bare::init(world).await?;
    let product = world.counted("product")?;
    let function = Function::start(world, "create-tenant", Kind::Worker).await?;
    let mut creates = Pairs::default();
    for number in 0..pairs + WARM_UP {
        let [ours, theirs] = ids(number);
        bare.workspace(&theirs, &world.variables(&without_plugins(&theirs, 3))?).await?;
        let create = request("POST", "/tenants", &YAML, &without_plugins(&ours, 3));
        creates.add(number, &function, (&create, 201), (&bare, &theirs), &product).await?;
    }
    function.stop().await?;
    let function = Function::start(world, "update-tenant", Kind::Worker).await?;
    let mut updates = Pairs::default();
    for number in 0..pairs + WARM_UP {
        let [ours, theirs] = ids(number);
        bare.variables(&theirs, &world.variables(&without_plugins(&theirs, 5))?)?;
        let update = request("PUT", &format!("/tenants/{ours}"), &YAML, &without_plugins(&ours, 5));
        updates.add(number, &function, (&update, 200), (&bare, &theirs), &product).await?;
    }
    function.stop().await?;
    Ok([creates.figures("create", pairs)?, updates.figures("update", pairs)?].concat())
}

fn ids(number: usize) -> [String; 2] {
    [format!("ours-{number}"), format!("bare-{number}")]
}

impl Pairs {
    /// Runs one pair, each side first in every other one, and keeps what it took unless it is for warming up.
    async fn add(
        &mut self,
        number: usize,
        function: &Function,
        change: (&[u8], u16),
        bare: (&Bare, &str),
        product: &Counted,
    ) -> Result<(), Failure> {
        let (terraform, workspace) = bare;
        let (ours, theirs) = if number.is_multiple_of(2) {
            let ours = through_api(function, change).await?;
            (ours, terraform.apply(workspace).await?)
        } else {
            let theirs = terraform.apply(workspace).await?;
            (through_api(function, change).await?, theirs)
        };
        let processes = (product.take()?, terraform.terraform.take()?);
        if number >= WARM_UP {
            self.ours.push(ours);
            self.theirs.push(theirs);
            self.processes.0 += processes.0;
            self.processes.1 += processes.1;
        }
        Ok(())
    }

    fn figures(&self, kind: &str, pairs: usize) -> Result<Vec<Figure>, Failure> {
        let nothing = "nothing was measured";
        let ours = Sample::of_durations(&self.ours).ok_or(nothing)?;
        let theirs = Sample::of_durations(&self.theirs).ok_or(nothing)?;
        let beside = ours.median() - theirs.median();
        let note = format!(
            "{beside:+.0} ms beside the apply: the definition, the lease, the slot, status and journal are written and \
             read around it, one after the other where the order is what makes them safe"
        );
        let ratio = Figure::new(
            &format!("{kind}.ratio"),
            &format!("{kind} through the API against a bare apply"),
            ours.median() / theirs.median(),
            Unit::Ratio,
            Target::AtMost(1.10),
        );
        let each = f64::from(u32::try_from(self.processes.0)?) / f64::from(u32::try_from(pairs)?);
        let theirs_each = f64::from(u32::try_from(self.processes.1)?) / f64::from(u32::try_from(pairs)?);
        let what = format!("Terraform processes a {kind}");
        Ok(vec![
            ratio.from(ours.spread()).against(theirs.spread()).noting(note),
            Figure::new(&format!("{kind}.processes"), &what, each, Unit::Count, Target::Exactly(1.0))
                .noting(format!("a bare apply: {theirs_each}")),
        ])
    }
}

async fn through_api(function: &Function, (change, expected): (&[u8], u16)) -> Result<Duration, Failure> {
    let began = Instant::now();
    let reply = function.ask(change).await?;
    let took = began.elapsed();
    let phase = phase(&reply);
    if reply.status == expected && phase.as_deref() == Some("Ready") {
        return Ok(took);
    }
    Err(format!("the API answers {}: {}", reply.status, String::from_utf8_lossy(&reply.body)).into())
}

/// The tenant's phase, if the answer is a tenant.
pub(super) fn phase(reply: &Reply) -> Option<String> {
    let body: Value = serde_json::from_slice(&reply.body).ok()?;
    body["status"]["phase"].as_str().map(str::to_owned)
}
