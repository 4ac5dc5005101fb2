//! A drift check through `reconcile-tenant` against a bare `terraform plan`: same storage, same provider, same cloud, in
//! turns.

use std::time::{Duration, Instant};

use crate::Failure;
use crate::bare::Bare;
use crate::figure::{Figure, Target, Unit};
use crate::figures::tenants::without_plugins;
use crate::function::{Function, Kind};
use crate::plane::told;
use crate::report::progress;
use crate::sample::Sample;
use crate::wire::request;
use crate::world::{Counted, World};

/// Tenants that are checked, however large the fleet around them.
const SAMPLED: usize = 10;
const WARM_UP: usize = 2;
const PAIRS: usize = 20;

/// What both sides need.
pub(super) struct Checks {
    function: Function,
    bare: Bare,
    product: Counted,
    /// The median of the applies that made the bare side's tenants.
    apply: Duration,
}

impl Checks {
    /// Starts the function, and makes the bare side's tenants.
    pub(super) async fn make(world: &World) -> Result<Self, Failure> {
        let bare = Bare::init(world).await?;
        let mut applies = Vec::new();
        for number in 0..SAMPLED {
            let id = workspace(number);
            bare.workspace(&id, &world.variables(&without_plugins(&id, 3))?).await?;
            applies.push(bare.apply(&id).await?);
        }
        applies.sort();
        let function = Function::start(world, "reconcile-tenant", Kind::Worker).await?;
        Ok(Self { function, bare, product: world.counted("product")?, apply: applies[SAMPLED / 2] })
    }

    /// What one bare apply of a new tenant took.
    pub(super) const fn bare_apply(&self) -> Duration {
        self.apply
    }

    /// Pairs of checks in a fleet of this size, each side first in every other one.
    pub(super) async fn at(&self, tenants: usize) -> Result<Vec<Figure>, Failure> {
        progress(&format!("{PAIRS} pairs of drift checks among {tenants} tenants"));
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for number in 0..PAIRS + WARM_UP {
            let sampled = number % SAMPLED;
            let (check, plan) = if number.is_multiple_of(2) {
                let check = self.check(sampled).await?;
                (check, self.bare.plan(&workspace(sampled)).await?)
            } else {
                let plan = self.bare.plan(&workspace(sampled)).await?;
                (self.check(sampled).await?, plan)
            };
            if number >= WARM_UP {
                ours.push(check);
                theirs.push(plan);
            }
        }
        let nothing = "nothing was measured";
        let ours = Sample::of_durations(&ours).ok_or(nothing)?;
        let theirs = Sample::of_durations(&theirs).ok_or(nothing)?;
        let what = format!("drift check among {tenants} tenants against a bare plan");
        let note = format!(
            "{:+.0} ms beside the plan: the definition, the lease, the slot, status and journal are written and read around it",
            ours.median() - theirs.median()
        );
        let ratio = ours.median() / theirs.median();
        let figure = Figure::new(&format!("fleet.drift.{tenants}"), &what, ratio, Unit::Ratio, Target::AtMost(1.15));
        Ok(vec![figure.from(ours.spread()).against(theirs.spread()).noting(note)])
    }

    /// One check, from the task to its answer; exactly one Terraform process.
    async fn check(&self, number: usize) -> Result<Duration, Failure> {
        self.product.take()?;
        let task = format!("{{\"tenant\":\"{}\"}}", super::changes::tenant(number));
        let began = Instant::now();
        let reply =
            self.function.ask(&request("POST", "/tasks", &[("content-type", "application/json")], &task)).await?;
        let took = began.elapsed();
        match (reply.status, self.product.take()?) {
            (204, 1) => Ok(took),
            (_, processes) => Err(format!("a drift check, {processes} Terraform processes: {}", told(&reply)).into()),
        }
    }

    /// Ends the function.
    pub(super) async fn stop(self) -> Result<(), Failure> {
        self.function.stop().await
    }
}

fn workspace(number: usize) -> String {
    format!("bare-{number}")
}
