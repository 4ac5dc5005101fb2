//! What to do about one tenant: a pure choice from what should be, what is, and the time.

mod plugins;

use jiff::Timestamp;

use super::sweep::next_check;
use crate::digest::Digest;
use crate::operation::OperationId;
use crate::platform::Platform;
use crate::plugins::wanted;
use crate::records::{Approval, ConditionKind, Phase, Status};
use crate::store::{Generation, ObjectName};
use crate::tenant::{Definition, DeletionPolicy, Problems};

pub use plugins::{ListSeen, Lookup, PluginStep};

/// What the definitions bucket says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Intended<'a> {
    /// There is no definition; a listing said so.
    Absent,
    /// Several objects define the tenant.
    Conflict(&'a [ObjectName]),
    /// There is one, and it is not valid.
    Invalid {
        /// Of this generation.
        generation: Generation,
        /// What is wrong with it.
        problems: &'a Problems,
    },
    /// There is one.
    Valid {
        /// Of this generation.
        generation: Generation,
        /// What it says.
        definition: &'a Definition,
        /// Digest of its variables, the module and the versions; `None` where those are not at hand: then the generation
        /// stands in for it.
        digest: Option<Digest>,
        /// The platform's settings would have the tenant elsewhere.
        move_refused: bool,
        /// It is of another release than its status says, or that says none.
        repin: bool,
        /// It is of another module than the one at hand: a plan would show what that one does otherwise, not drift.
        other_module: bool,
    },
}

impl Intended<'_> {
    const fn generation(&self) -> Option<Generation> {
        match self {
            Self::Absent | Self::Conflict(_) => None,
            Self::Invalid { generation, .. } | Self::Valid { generation, .. } => Some(*generation),
        }
    }
}

/// Everything the choice hangs on.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// What should be.
    pub intended: Intended<'a>,
    /// Where there is no definition now: the newest one that the bucket still has of the tenant.
    pub last_definition: Option<Generation>,
    /// What is known to be.
    pub status: Option<&'a Status>,
    /// An operation whose process lost its lease while it worked here.
    pub interrupted: Option<OperationId>,
    /// The breaker holds deletions for the whole fleet.
    pub deletions_held: bool,
    /// Somebody asked for it now: a failed apply is not waited for.
    pub insist: bool,
    /// What is known of the plugin list, where it lies in an object of its own.
    pub plugin_list: ListSeen,
    /// The time.
    pub now: Timestamp,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Noop(Idle),
    /// Record that the definition cannot be used; keep what runs.
    Reject,
    /// Record that the tenant is suspended; touch nothing.
    Suspend,
    /// Record a definition that renders to what is applied already.
    Acknowledge,
    /// Record that a change or deletion waits for a person.
    Hold(HoldReason),
    /// Record that the definition vanished.
    Tombstone {
        /// When its resources go.
        destroy_after: Timestamp,
    },
    /// Take back a tombstone or a deletion: the definition is there again. Then decide anew.
    Restore,
    /// Settle what an interrupted operation left. Then decide anew.
    Recover(OperationId),
    /// Make the cloud match the definition.
    Apply(Why),
    /// Bring the site's plugins a step nearer to what is wanted.
    Plugins(PluginStep),
    /// See whether the cloud still is what was applied.
    CheckDrift,
    /// Destroy the tenant's resources, then forget it.
    Destroy(Cause),
    /// Forget the tenant and keep its resources, if it has any.
    Forget(Cause),
}

impl Action {
    /// Whether carrying it out runs the provisioner, and so needs a lease and time.
    pub const fn needs_run(&self) -> bool {
        match self {
            Self::Apply(_)
            | Self::Plugins(_)
            | Self::CheckDrift
            | Self::Destroy(_)
            | Self::Forget(_)
            | Self::Recover(_) => true,
            Self::Noop(_)
            | Self::Reject
            | Self::Suspend
            | Self::Acknowledge
            | Self::Hold(_)
            | Self::Tombstone { .. }
            | Self::Restore => false,
        }
    }
}

/// Why there is nothing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idle {
    /// It is as defined.
    AsDefined,
    /// Neither a definition nor a status: no tenant of ours.
    Unknown,
    /// The bad definition is recorded.
    Rejected,
    /// It is suspended, and recorded so.
    Suspended,
    /// It waits for a person, and says so.
    Waiting,
    /// A failed apply is tried again later.
    Backoff,
    /// The tombstone's time has not come.
    Grace,
}

/// Why to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It was never applied.
    New,
    /// The definition, the module or the platform changed.
    Changed,
    /// An earlier run did not succeed.
    Unfinished,
    /// Somebody approved the plan of this digest, which was held.
    Approved(Digest),
}

/// Why to destroy or forget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Somebody asked for it.
    Requested,
    /// The definition vanished and the grace period is over.
    Vanished,
    /// The definition vanished before anything was made.
    NothingMade,
}

/// Why something waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldReason {
    /// The definition vanished, but said `deletionProtection`.
    Protected,
    /// Too many deletions over the fleet.
    Breaker,
}

/// What to do about one tenant.
pub fn decide(situation: &Situation<'_>, platform: &Platform) -> Action {
    if let Some(operation) = situation.interrupted {
        return Action::Recover(operation);
    }
    if let Some(action) = requested_deletion(situation) {
        return action;
    }
    match situation.intended {
        Intended::Absent => absent(situation, platform),
        Intended::Conflict(_) => match situation.status {
            Some(status) if status.phase == Phase::Invalid && status.observed_generation.is_none() => {
                Action::Noop(Idle::Rejected)
            }
            _ => Action::Reject,
        },
        Intended::Invalid { generation, .. } => match situation.status {
            Some(status) if status.phase == Phase::Invalid && status.observed_generation == Some(generation) => {
                Action::Noop(Idle::Rejected)
            }
            _ => Action::Reject,
        },
        Intended::Valid { generation, definition, digest, move_refused, repin, other_module } => {
            let wanted = Wanted { generation, definition, digest, move_refused, repin, other_module };
            valid(situation, wanted, platform)
        }
    }
}

/// A deletion somebody asked for stands, unless the definition was written again since.
fn requested_deletion(situation: &Situation<'_>) -> Option<Action> {
    let status = situation.status?;
    let request = status.deletion.as_ref()?;
    // One of several is not the one whose deletion was asked for: a person says which counts.
    if matches!(situation.intended, Intended::Conflict(_)) {
        return None;
    }
    let wanted_again = situation.intended.generation().is_some_and(|now| request.generation != Some(now));
    Some(if wanted_again {
        Action::Restore
    } else if deletion_backs_off(situation, status) {
        Action::Noop(Idle::Backoff)
    } else if status.terms.policy == DeletionPolicy::Retain {
        Action::Forget(Cause::Requested)
    } else {
        Action::Destroy(Cause::Requested)
    })
}

fn absent(situation: &Situation<'_>, platform: &Platform) -> Action {
    let Some(status) = situation.status else { return Action::Noop(Idle::Unknown) };
    if status.applied.is_none() && !status.in_doubt {
        return Action::Forget(Cause::NothingMade);
    }
    if status.terms.protection {
        return hold(status, HoldReason::Protected);
    }
    // A definition that came and went unnoticed: the last one vanished later than the tombstone says.
    match status.tombstone.as_ref().filter(|tombstone| situation.last_definition <= tombstone.generation) {
        None => {
            let grace = jiff::SignedDuration::from_secs(platform.deletion.grace_seconds.cast_signed());
            Action::Tombstone { destroy_after: situation.now.saturating_add(grace).unwrap_or(Timestamp::MAX) }
        }
        Some(tombstone) if situation.now < tombstone.destroy_after => Action::Noop(Idle::Grace),
        Some(tombstone) if situation.deletions_held && !is_approved(tombstone.approval.as_ref(), situation.now) => {
            hold(status, HoldReason::Breaker)
        }
        Some(_) if deletion_backs_off(situation, status) => Action::Noop(Idle::Backoff),
        Some(_) if status.terms.policy == DeletionPolicy::Retain => Action::Forget(Cause::Vanished),
        Some(_) => Action::Destroy(Cause::Vanished),
    }
}

/// The platform's settings would move a tenant, which is not done.
pub(super) const MOVE_REFUSED: &str = "MoveRefused";

/// What a failed deletion is remembered under; a definition's digest is never this.
pub(super) fn deletion_digest() -> Digest {
    Digest::of(b"deletion")
}

fn is_approved(approval: Option<&Approval>, now: Timestamp) -> bool {
    approval.is_some_and(|approval| approval.holds(now))
}

/// Whether a deletion failed and is tried again later.
fn deletion_backs_off(situation: &Situation<'_>, status: &Status) -> bool {
    let failed = status.retry.as_ref().filter(|retry| retry.wanted == deletion_digest());
    failed.is_some_and(|retry| situation.now < retry.not_before) && !situation.insist
}

fn hold(status: &Status, reason: HoldReason) -> Action {
    let said = status.conditions.get(ConditionKind::Held).is_some_and(|held| held.reason == reason.as_str());
    if said && status.phase == Phase::Held { Action::Noop(Idle::Waiting) } else { Action::Hold(reason) }
}

impl HoldReason {
    /// The condition's reason.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Protected => "DeletionProtected",
            Self::Breaker => "TooManyDeletions",
        }
    }
}

#[derive(Clone, Copy)]
struct Wanted<'a> {
    generation: Generation,
    definition: &'a Definition,
    digest: Option<Digest>,
    move_refused: bool,
    repin: bool,
    other_module: bool,
}

impl Wanted<'_> {
    /// Whether a record made for `digest` under `generation` is about what is wanted now.
    fn is(&self, generation: Option<Generation>, digest: Digest) -> bool {
        self.digest.map_or(generation == Some(self.generation), |wanted| wanted == digest)
    }

    fn suspended(&self) -> bool {
        self.definition.spec.suspend.unwrap_or_default()
    }

    /// Whether what is said of its place or its release is otherwise than it is.
    fn differs_from_said(&self, status: &Status) -> bool {
        let placed = status.conditions.get(ConditionKind::Placed);
        let refused = placed.is_some_and(|placed| placed.reason == MOVE_REFUSED);
        self.move_refused != refused || self.repin
    }
}

fn valid(situation: &Situation<'_>, wanted: Wanted<'_>, platform: &Platform) -> Action {
    let Some(status) = situation.status else {
        return if wanted.suspended() { Action::Suspend } else { Action::Apply(Why::New) };
    };
    let seen = status.observed_generation == Some(wanted.generation);
    if status.tombstone.is_some() || (status.phase == Phase::Held && status.hold.is_none()) {
        return Action::Restore;
    }
    if wanted.suspended() {
        let said = seen && status.phase == Phase::Suspended;
        return if said { Action::Noop(Idle::Suspended) } else { Action::Suspend };
    }
    if plugins::must_take_back(status) {
        return Action::Plugins(PluginStep::TakeBack);
    }
    if let Some(hold) = status.hold.as_ref().filter(|hold| wanted.is(status.observed_generation, hold.wanted)) {
        if is_approved(hold.approval.as_ref(), situation.now) {
            return Action::Apply(Why::Approved(hold.digest));
        }
        let said = seen && status.phase == Phase::Held && hold.since <= situation.now;
        return if said && !situation.insist { Action::Noop(Idle::Waiting) } else { Action::Apply(Why::Changed) };
    }
    if let Some(retry) = status.retry.as_ref().filter(|retry| wanted.is(status.observed_generation, retry.wanted)) {
        let early = situation.now < retry.not_before && !situation.insist;
        return if early && seen { Action::Noop(Idle::Backoff) } else { Action::Apply(Why::Unfinished) };
    }
    let as_applied = status.phase == Phase::Ready || plugins::fails_for_plugins(status);
    match &status.applied {
        _ if status.in_doubt => Action::Apply(Why::Unfinished),
        None => Action::Apply(Why::New),
        Some(applied) if !wanted.is(Some(applied.generation), applied.digest) => Action::Apply(Why::Changed),
        Some(_) if !seen || !as_applied || wanted.differs_from_said(status) => Action::Acknowledge,
        Some(_) => as_defined(situation, status, wanted, platform),
    }
}

/// What is left to do for a tenant whose resources are as defined.
fn as_defined(situation: &Situation<'_>, status: &Status, wanted: Wanted<'_>, platform: &Platform) -> Action {
    let plugins_wanted = self::wanted(wanted.definition, platform);
    match plugins::step(status, &plugins_wanted, situation.plugin_list, situation.now, situation.insist) {
        Some(step) => Action::Plugins(step),
        None if !wanted.other_module && next_check(&status.tenant, &status.last_look(), platform) <= situation.now => {
            Action::CheckDrift
        }
        None => Action::Noop(Idle::AsDefined),
    }
}
