//! Plans: made and saved, shown, and what is read from them.

use std::collections::BTreeSet;

use super::attempt::Attempt;
use super::module::Module;
use super::planfile::PlanFile;
use super::process::Exit;
use super::transcript::Transcript;
use super::{PLAN_FILE, drift};
use crate::digest::Digest;
use crate::provision::{DriftItem, Goal, ProvisionError};

/// A plan as far as somebody asked for it.
pub(super) struct Read {
    pub(super) exit: Exit,
    pub(super) said: Transcript,
    pub(super) drift: Vec<DriftItem>,
    /// What an approval is given to; `None` for a plan that needs none.
    pub(super) approval: Option<Digest>,
}

impl Attempt<'_> {
    /// Makes a plan and saves it. It takes no lock: applying refuses a plan of a state that has changed since.
    pub(super) async fn plan(&mut self, goal: Goal) -> Result<(Exit, Transcript), ProvisionError> {
        let out = format!("-out={PLAN_FILE}");
        let mut arguments = vec!["plan", "-json", "-input=false", "-lock=false", &out];
        if goal == Goal::Destroyed {
            arguments.push("-destroy");
        }
        self.converse(&arguments).await
    }

    /// The saved plan; how the program failed to show it, if it did.
    pub(super) async fn show(&mut self) -> Result<Result<PlanFile, (Exit, Transcript)>, ProvisionError> {
        let (exit, text, complaints) = self.read(&["show", "-json", PLAN_FILE]).await?;
        if !exit.success {
            return Ok(Err((exit, complaints)));
        }
        let plan = PlanFile::parse(&text).map_err(|error| {
            ProvisionError::Misconfigured(format!("the program shows its plan in a form that cannot be read: {error}"))
        })?;
        self.learn(&plan);
        Ok(Ok(plan))
    }

    /// Plans, and reads the plan again only where that tells something: what drifted and would be repaired, and what of it
    /// somebody would have to approve. Showing a plan costs a start of every provider.
    pub(super) async fn plan_and_read(&mut self, goal: Goal, module: &Module) -> Result<Read, ProvisionError> {
        let (exit, said) = self.plan(goal).await?;
        let planned = said.planned();
        let changed: BTreeSet<_> = planned.changes().iter().map(|change| change.address.clone()).collect();
        let drifted = !said.drifted.is_disjoint(&changed);
        let held = goal == Goal::Defined && !module.guarded(&planned).is_empty();
        if !exit.success || !(drifted || held) {
            return Ok(Read { exit, said, drift: Vec::new(), approval: None });
        }
        Ok(match self.show().await? {
            Err((exit, said)) => Read { exit, said, drift: Vec::new(), approval: None },
            Ok(plan) => Read { exit, said, drift: drift::drift(&plan), approval: held.then(|| plan.digest()) },
        })
    }
}
