//! An apply that takes over what exists already and is the tenant's own, and leaves everything else alone.
//!
//! The run itself looks: a plan with `import` blocks shows what stands there before anything is changed, and only a plan in
//! which every takeover is of the tenant's own is applied.

use std::collections::BTreeSet;

use super::PLAN_FILE;
use super::adopt::{self, Candidate};
use super::attempt::Attempt;
use super::module::Module;
use super::planfile::PlanFile;
use super::process::Exit;
use super::transcript::Transcript;
use crate::provision::{ChangeSummary, Diagnostic, Goal, ProvisionError, ResourceAddress};

/// Takeovers in a row: what hangs on something that exists is only tried once that is taken over, and the longest chain in
/// a module of a tenant is shorter.
const MOST_ROUNDS: usize = 6;
/// In the run's folder.
const ADOPT_FILE: &str = "adopt.tf.json";

/// What an apply begins with.
#[derive(Clone, Copy)]
pub(super) enum First<'a> {
    /// The configuration; the guard stands in its folder.
    Configuration,
    /// The saved plan, which somebody approved. No guard stands in its folder: whatever goes on from there destroys nothing
    /// of what this module guards.
    Approved(&'a Module),
}

impl First<'_> {
    /// What a plan that goes on from here would destroy, although nobody approved it.
    fn unapproved(self, planned: &ChangeSummary) -> Vec<ResourceAddress> {
        match self {
            Self::Configuration => Vec::new(),
            Self::Approved(module) => module.guarded(planned),
        }
    }
}

/// What can be done about names that are taken.
enum Adoption {
    /// The saved plan takes over what is the tenant's own, and does the rest of the work.
    Planned(ChangeSummary),
    /// Nothing: this is to be said.
    Refused(Vec<Diagnostic>),
}

impl Attempt<'_> {
    /// Applies; takes over what stands in the way, as often as it takes.
    pub(super) async fn apply_adopting(
        &mut self,
        first: First<'_>,
        lock_timeout: &str,
    ) -> Result<(Exit, Transcript), ProvisionError> {
        let saved = ["apply", "-json", "-input=false", lock_timeout, PLAN_FILE];
        let (mut exit, mut said) = match first {
            First::Configuration => {
                self.converse(&["apply", "-auto-approve", "-json", "-input=false", lock_timeout]).await?
            }
            First::Approved(_) => self.converse(&saved).await?,
        };
        for _ in 0..MOST_ROUNDS {
            let taken = adopt::taken(&said.errors);
            if exit.success || exit.stopped || taken.is_empty() {
                break;
            }
            match self.plan_adoption(&taken).await? {
                Adoption::Refused(reports) => {
                    said.errors.extend(reports);
                    break;
                }
                Adoption::Planned(planned) => {
                    let unapproved = first.unapproved(&planned);
                    if !unapproved.is_empty() {
                        said.errors.extend(unapproved.into_iter().map(left_for_approval));
                        break;
                    }
                    let made = said.done();
                    (exit, said) = self.converse(&saved).await?;
                    said.follows(&made, &planned);
                }
            }
        }
        Ok((exit, said))
    }

    async fn plan_adoption(&mut self, taken: &BTreeSet<ResourceAddress>) -> Result<Adoption, ProvisionError> {
        let mut reports = Vec::new();
        let (candidates, unknown) = match self.plan_shown().await? {
            Ok((_, plan)) => candidates(&plan, taken),
            Err(said) => return Ok(Adoption::Refused(said.errors)),
        };
        reports.extend(
            unknown.iter().map(|address| adopt::left_alone(address, "resources of its type are not taken over")),
        );
        let mut own = Vec::new();
        // Together first: usually all of them are the tenant's own, and then this plan is the one to apply.
        match self.examine(&candidates).await? {
            Ok((planned, foreign)) if foreign.is_empty() && !candidates.is_empty() => {
                return Ok(self.planned(&candidates, planned));
            }
            Ok((_, foreign)) => {
                own.extend(candidates.into_iter().filter(|one| foreign.iter().all(|report| !speaks_of(report, one))));
                reports.extend(foreign);
            }
            Err(_) => {
                for candidate in candidates {
                    match self.examine(std::slice::from_ref(&candidate)).await? {
                        Ok((_, foreign)) if foreign.is_empty() => own.push(candidate),
                        Ok((_, foreign)) => reports.extend(foreign),
                        Err(said) => reports.push(adopt::left_alone(&candidate.address, &first_word(&said))),
                    }
                }
            }
        }
        if own.is_empty() {
            return Ok(Adoption::Refused(reports));
        }
        match self.examine(&own).await? {
            Ok((planned, foreign)) if foreign.is_empty() => Ok(self.planned(&own, planned)),
            Ok((_, foreign)) => Ok(Adoption::Refused(foreign)),
            Err(said) => Ok(Adoption::Refused(said.errors)),
        }
    }

    /// Plans the takeover of these and says which of them are not the tenant's own; how the plan failed, if it did.
    async fn examine(
        &mut self,
        candidates: &[Candidate],
    ) -> Result<Result<(ChangeSummary, Vec<Diagnostic>), Transcript>, ProvisionError> {
        self.write_file(ADOPT_FILE, &adopt::imports(candidates))?;
        let (said, plan) = match self.plan_shown().await? {
            Ok(planned) => planned,
            Err(said) => return Ok(Err(said)),
        };
        let foreign = candidates.iter().filter_map(|candidate| {
            let found = plan.resource_changes.iter().find(|change| change.address == candidate.address.as_str());
            let own = found
                .map_or_else(|| Err("it is not in the plan".to_owned()), |found| adopt::is_own(found, self.tenant()));
            own.err().map(|why| adopt::left_alone(&candidate.address, &why))
        });
        let foreign = foreign.collect();
        Ok(Ok((said.planned(), foreign)))
    }

    fn planned(&self, own: &[Candidate], planned: ChangeSummary) -> Adoption {
        for candidate in own {
            self.tell(&format!(
                "{}: exists already as '{}' and is the tenant's own: taken over",
                candidate.address, candidate.id
            ));
        }
        Adoption::Planned(planned)
    }

    /// A plan that is saved and read; what was said, where it failed.
    async fn plan_shown(&mut self) -> Result<Result<(Transcript, PlanFile), Transcript>, ProvisionError> {
        let (exit, said) = self.plan(Goal::Defined).await?;
        if !exit.success {
            return Ok(Err(said));
        }
        Ok(match self.show().await? {
            Ok(plan) => Ok((said, plan)),
            Err((_, complaints)) => Err(complaints),
        })
    }
}

/// What can be looked for, and what cannot.
fn candidates(plan: &PlanFile, taken: &BTreeSet<ResourceAddress>) -> (Vec<Candidate>, Vec<ResourceAddress>) {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for address in taken {
        let planned = plan.resource_changes.iter().find(|change| change.address == address.as_str());
        match planned.and_then(adopt::candidate) {
            Some(candidate) => known.push(candidate),
            None => unknown.push(address.clone()),
        }
    }
    (known, unknown)
}

/// What the approved plan did not speak of waits for an approval of its own.
fn left_for_approval(address: ResourceAddress) -> Diagnostic {
    let summary = format!("what is left to do would destroy {address}, which was not approved: nothing more was done");
    Diagnostic { summary, detail: "It is planned again, and held.".to_owned(), address: Some(address) }
}

fn speaks_of(report: &Diagnostic, candidate: &Candidate) -> bool {
    report.address.as_ref() == Some(&candidate.address)
}

fn first_word(said: &Transcript) -> String {
    said.errors.first().map_or_else(|| "it cannot be looked at".to_owned(), |error| error.summary.clone())
}
