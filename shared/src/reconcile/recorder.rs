//! Carries out the actions that only record: no run, no lease, one compare-and-swap of the status.

use jiff::Timestamp;

use super::decide::{Action, HoldReason, MOVE_REFUSED};
use super::observe::{NOT_OFFERED, Observation, ObservedDefinition};
use crate::placement::Placed;
use crate::records::{Condition, ConditionKind, DeletionTerms, Phase, Status, Statuses, Tombstone, Truth};
use crate::rollout::Pin;
use crate::signals;
use crate::store::{Generation, StoreError, Versioned};
use crate::tenant::{Problem, Reason, TenantId};

/// Writes what an action says on the tenant's status.
pub(super) async fn record(
    statuses: &Statuses,
    tenant: &TenantId,
    action: &Action,
    observation: &Observation,
    now: Timestamp,
) -> Result<Versioned<Status>, StoreError> {
    let written = statuses.update(tenant, |status| write(status, action, observation, now)).await?;
    if let Action::Hold(reason) = action {
        signals::deletion_held(tenant, *reason);
    }
    Ok(written)
}

fn write(status: &mut Status, action: &Action, observation: &Observation, now: Timestamp) {
    let generation = observation.generation();
    let mut say = Saying { status, now, generation };
    match action {
        Action::Reject => say.rejected(&observation.definition),
        Action::Suspend => {
            say.observed(observation);
            say.status.phase = Phase::Suspended;
            say.that(ConditionKind::Ready, Truth::Unknown, "Suspended", "spec.suspend is true: nothing is touched");
        }
        Action::Acknowledge => {
            say.observed(observation);
            if let ObservedDefinition::Valid(wanted) = &observation.definition
                && let Some(release) = wanted.release()
            {
                let pin = Pin::begun(say.status.release.as_deref(), release, wanted.course);
                say.status.release = Some(Box::new(Pin { applied: true, ..pin }));
            }
            say.status.hold = None;
            say.status.retry = None;
            say.status.conditions.remove(ConditionKind::Held);
            say.that(ConditionKind::Applied, Truth::True, "AsDefined", "the definition renders to what is applied");
            say.ready();
        }
        Action::Hold(reason) => say.held(*reason),
        Action::Tombstone { destroy_after } => say.tombstoned(*destroy_after, observation.last_definition),
        Action::Restore => say.restored(),
        Action::Noop(_)
        | Action::Recover(_)
        | Action::Apply(_)
        | Action::Plugins(_)
        | Action::CheckDrift
        | Action::Destroy(_)
        | Action::Forget(_) => {}
    }
}

/// Writes conditions with one time and one generation.
pub(super) struct Saying<'a> {
    pub(super) status: &'a mut Status,
    pub(super) now: Timestamp,
    pub(super) generation: Option<Generation>,
}

impl Saying<'_> {
    pub(super) fn that(&mut self, kind: ConditionKind, truth: Truth, reason: &str, message: impl Into<String>) {
        self.status.conditions.set(Condition {
            kind,
            status: truth,
            reason: reason.to_owned(),
            message: message.into(),
            last_transition_time: self.now,
            observed_generation: self.generation,
        });
    }

    /// The resources are as defined: the tenant is too, unless its plugins are not.
    pub(super) fn ready(&mut self) {
        let failure = self.status.plugins.as_ref().and_then(|plugins| plugins.failure.as_ref());
        if let Some(failure) = failure.filter(|failure| failure.fails_tenant).cloned() {
            self.status.phase = Phase::Failed;
            return self.that(ConditionKind::Ready, Truth::False, "PluginsFailed", failure.message);
        }
        self.status.phase = Phase::Ready;
        self.that(ConditionKind::Ready, Truth::True, "AsDefined", "the site runs as defined");
    }

    /// A valid definition was looked at.
    pub(super) fn observed(&mut self, observation: &Observation) {
        self.status.observed_generation = self.generation;
        if let ObservedDefinition::Valid(wanted) = &observation.definition {
            self.status.terms = DeletionTerms::of(&wanted.definition);
            self.status.canary = wanted.canary;
            self.placed(&wanted.placed);
        }
        self.that(ConditionKind::DefinitionValid, Truth::True, "Valid", "the definition is valid");
    }

    /// A tenant that has its place, and what would move it.
    fn placed(&mut self, placed: &Placed) {
        let Some(placement) = &self.status.placement else { return };
        match &placed.refused_move {
            None => {
                let message = placement.to_string();
                self.that(ConditionKind::Placed, Truth::True, "Placed", message);
            }
            Some(settings) => {
                let message = format!(
                    "it stays where it is ({placement}), although the platform's settings say otherwise ({settings}): a \
                     tenant never moves. Change the settings back, or delete the tenant and create it again"
                );
                self.that(ConditionKind::Placed, Truth::True, MOVE_REFUSED, message);
            }
        }
    }

    fn rejected(&mut self, definition: &ObservedDefinition) {
        let (reason, message) = match definition {
            ObservedDefinition::Conflict(names) => {
                let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
                ("Conflict", format!("{} define the same tenant; remove all but one", names.join(" and ")))
            }
            ObservedDefinition::Invalid(_, problems) if problems.iter().all(of_the_platform) => {
                (NOT_OFFERED, problems.to_string())
            }
            ObservedDefinition::Invalid(_, problems) => ("Invalid", problems.to_string()),
            ObservedDefinition::Absent | ObservedDefinition::Valid(_) => return,
        };
        self.status.observed_generation = self.generation;
        self.status.phase = Phase::Invalid;
        let still = if self.status.applied.is_some() { "; what was applied before still runs" } else { "" };
        self.that(ConditionKind::DefinitionValid, Truth::False, reason, message.clone());
        self.that(ConditionKind::Ready, Truth::False, reason, format!("the definition cannot be used{still}"));
    }

    fn held(&mut self, reason: HoldReason) {
        let message = match (reason, &self.status.tombstone) {
            (HoldReason::Breaker, Some(tombstone)) => format!(
                "too many tenants were deleted or have lost their definitions over the fleet, or no sweep has seen this \
                 one's go: it is destroyed only once that is otherwise. Put the definition back (of a whole bucket: see that \
                 it is the right one, and restore its earlier versions), or approve {}",
                tombstone.digest(&self.status.tenant)
            ),
            (HoldReason::Protected | HoldReason::Breaker, _) => {
                "the definition vanished, but it said deletionProtection: put it back, or delete the tenant after \
                 putting it back with spec.deletionProtection: false"
                    .to_owned()
            }
        };
        self.status.phase = Phase::Held;
        self.that(ConditionKind::Held, Truth::True, reason.as_str(), message);
    }

    fn tombstoned(&mut self, destroy_after: Timestamp, generation: Option<Generation>) {
        self.status.tombstone = Some(Tombstone { since: self.now, destroy_after, generation, approval: None });
        self.status.phase = Phase::Tombstoned;
        self.status.conditions.remove(ConditionKind::Held);
        let message =
            format!("the definition vanished; resources are destroyed after {destroy_after} unless it is put back");
        self.that(ConditionKind::Tombstoned, Truth::True, "DefinitionVanished", message);
    }

    fn restored(&mut self) {
        self.status.tombstone = None;
        self.status.deletion = None;
        // What runs is decided anew; until then the tenant is as good as never looked at.
        self.status.phase = Phase::Pending;
        self.status.observed_generation = None;
        self.status.conditions.remove(ConditionKind::Tombstoned);
        self.status.conditions.remove(ConditionKind::Held);
    }
}

/// What the platform's settings are the reason of, not the definition.
fn of_the_platform(problem: &Problem) -> bool {
    matches!(problem.reason, Reason::UnknownTier | Reason::NoRoom)
}
