//! What the rollout under way would have done to a tenant right now. Its record is read again before every step, so a
//! rollout that is stopped moves nobody any more, whatever tasks still wait.

use std::sync::{Mutex, PoisonError};

use super::decide::{Action, Idle};
use super::observe::{Deployed, Observation, ObservedDefinition};
use super::ports::Ports;
use crate::digest::Digest;
use crate::rollout::{Course, Defaults, Pin, Release};
use crate::store::StoreError;

/// The release that the tenant is to be moved to, if it is. The record is read only for a tenant that has another release than
/// this process was deployed with, or may have to go back; and only where nothing is more pressing.
pub(super) async fn moved(
    ports: &Ports,
    observation: &Observation,
    action: &Action,
    deployed: Deployed<'_>,
) -> Result<Option<(Release, Course)>, StoreError> {
    let ObservedDefinition::Valid(wanted) = &observation.definition else { return Ok(None) };
    let pin = observation.status.as_ref().and_then(|status| status.value.release.as_deref());
    let (Some(pin), Some(module)) = (pin, deployed.module) else { return Ok(None) };
    let open = open_to(action, pin);
    if !open.forward && !open.back || !may_differ(pin, deployed) {
        return Ok(None);
    }
    let Some(rollout) = ports.rollouts.read().await? else { return Ok(None) };
    let rollout = rollout.value;
    if rollout.target.module != module {
        // The sweep goes by another worker's word, which may be older than this one.
        ports.rollouts.announce(module, ports.clock.now()).await?;
    }
    let tenant = &wanted.definition.metadata.name;
    let course = rollout.course(tenant, wanted.canary, pin, module);
    Ok(match course {
        Course::Forward(_) if open.forward => Some((rollout.target, course)),
        Course::Back if open.back => pin.before.clone().map(|before| (before, course)),
        Course::Stay | Course::Forward(_) | Course::Back => None,
    })
}

/// What this process said of the module it holds.
#[derive(Debug, Default)]
pub(super) struct Announcement {
    said: Mutex<Option<Digest>>,
}

impl Announcement {
    /// Says it, once. What could not be said is said again the next time: nobody waits for it.
    pub(super) async fn make(&self, ports: &Ports) {
        let module = ports.provisioner.platform_digest();
        let said = || self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said().replace(module) == Some(module) {
            return;
        }
        if let Err(error) = ports.rollouts.announce(module, ports.clock.now()).await {
            tracing::warn!(%error, "the module of this worker could not be announced yet");
            *said() = None;
        }
    }
}

/// What may be done to a tenant in the place of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Open {
    forward: bool,
    back: bool,
}

/// A tenant that is as defined is moved forward, and one that is not well only for the release it was moved to. Going back is
/// the cure, so it comes before another try.
fn open_to(action: &Action, pin: &Pin) -> Open {
    let unwell = match action {
        Action::Noop(Idle::AsDefined) | Action::CheckDrift => return Open { forward: true, back: true },
        Action::Apply(_) | Action::Acknowledge | Action::Noop(Idle::Backoff | Idle::Waiting) | Action::Plugins(_) => {
            true
        }
        Action::Noop(_)
        | Action::Reject
        | Action::Suspend
        | Action::Hold(_)
        | Action::Tombstone { .. }
        | Action::Restore
        | Action::Recover(_)
        | Action::Destroy(_)
        | Action::Forget(_) => false,
    };
    Open { forward: unwell && !pin.applied, back: unwell }
}

fn may_differ(pin: &Pin, deployed: Deployed<'_>) -> bool {
    pin.before.is_some()
        || Some(pin.release.module) != deployed.module
        || pin.release.defaults != Defaults::of(deployed.platform)
}
