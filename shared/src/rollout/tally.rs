//! How a rollout's tenants fare, counted from what the listing of status records says of each.

use serde::{Deserialize, Serialize};

use super::record::{Rollout, RolloutState};
use super::wave::wave_of;
use crate::digest::Digest;
use crate::records::{Phase, PinSummary, StatusSummary};
use crate::tenant::TenantId;

/// One tenant in one rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Made with the target from its beginning, or there before: nothing was done to it.
    There,
    /// Outdated, and can be moved.
    Movable,
    /// Outdated, and not well for reasons of its own, or not to be touched: it has its turn once it is otherwise.
    Waiting,
    /// Moved to the target, whose apply has not come to an end.
    Moving,
    /// Moved to the target, and well.
    Healthy,
    /// Moved to the target, and not well, or held since it would destroy data.
    Failed,
}

/// What a listing shows of one wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WaveTally {
    /// Tenants on the target to which nothing was done.
    pub there: usize,
    /// Tenants that are outdated and can be moved.
    pub movable: usize,
    /// Tenants that are outdated and have to wait.
    pub waiting: usize,
    /// Tenants on their way to the target.
    pub moving: usize,
    /// Tenants that were moved and are well.
    pub healthy: usize,
    /// Tenants that were moved and are not.
    pub failed: usize,
}

impl WaveTally {
    /// Tenants that have or had something done to them.
    pub const fn touched(&self) -> usize {
        self.moving + self.healthy + self.failed
    }

    /// Tenants that are not on the target.
    pub const fn outdated(&self) -> usize {
        self.movable + self.waiting
    }

    /// All of its tenants.
    pub const fn tenants(&self) -> usize {
        self.there + self.outdated() + self.touched()
    }
}

/// What a whole listing shows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Tally {
    /// By wave, the canaries' first.
    pub waves: Vec<WaveTally>,
    /// Tenants that were moved and can go back.
    pub undoable: usize,
    /// Tenants that were moved and go back once workers hold the module of before the rollout again.
    pub awaiting: usize,
    /// Tenants that were moved and cannot go back: what they had is of a module that was gone before the rollout.
    pub stuck: usize,
}

/// How a tenant stands. `None`: it has no release yet, or is on its way out.
pub fn standing(summary: &StatusSummary, rollout: &Rollout, target: Digest) -> Option<Standing> {
    let pin = summary.release.as_ref()?;
    if summary.deletion_requested || matches!(summary.phase, Phase::Tombstoned | Phase::Deleting) {
        return None;
    }
    let conclusive = summary.phase == Phase::Failed && !summary.inconclusive;
    Some(if pin.digest != target {
        let well = summary.phase == Phase::Ready;
        let for_its_release = !pin.applied && matches!(summary.phase, Phase::Failed | Phase::Held);
        if well || for_its_release { Standing::Movable } else { Standing::Waiting }
    } else if !rollout.moved(pin) {
        Standing::There
    } else if conclusive || (summary.phase == Phase::Held && !pin.applied) {
        Standing::Failed
    } else if pin.applied || matches!(summary.phase, Phase::Suspended | Phase::Invalid) {
        Standing::Healthy
    } else {
        Standing::Moving
    })
}

impl Tally {
    /// Nothing counted yet.
    pub fn of(rollout: &Rollout) -> Self {
        Self { waves: vec![WaveTally::default(); rollout.shares.len() + 1], ..Self::default() }
    }

    /// Counts one tenant; says whether there is something for the rollout to do for it now. `module` is the one that the
    /// workers hold.
    pub fn count(&mut self, tenant: &TenantId, summary: &StatusSummary, rollout: &Rollout, named: Named) -> bool {
        let Some(standing) = standing(summary, rollout, named.target) else { return false };
        let canary = summary.release.as_ref().is_some_and(|pin| pin.canary);
        let wave = wave_of(tenant, canary, rollout.number, &rollout.shares);
        if let Some(tally) = self.waves.get_mut(wave) {
            let count = match standing {
                Standing::There => &mut tally.there,
                Standing::Movable => &mut tally.movable,
                Standing::Waiting => &mut tally.waiting,
                Standing::Moving => &mut tally.moving,
                Standing::Healthy => &mut tally.healthy,
                Standing::Failed => &mut tally.failed,
            };
            *count += 1;
        }
        let moved = summary.release.as_ref().filter(|pin| rollout.moved(pin));
        let back = moved.and_then(|pin| pin.back);
        match back {
            None => {}
            Some(module) if module == named.module => self.undoable += 1,
            Some(module) if rollout.left(module) => self.awaiting += 1,
            Some(_) => self.stuck += 1,
        }
        match rollout.state {
            RolloutState::Undoing => back == Some(named.module),
            _ => standing == Standing::Movable && rollout.admits(wave),
        }
    }

    /// All waves together.
    pub fn total(&self) -> WaveTally {
        self.waves.iter().fold(WaveTally::default(), |total, wave| WaveTally {
            there: total.there + wave.there,
            movable: total.movable + wave.movable,
            waiting: total.waiting + wave.waiting,
            moving: total.moving + wave.moving,
            healthy: total.healthy + wave.healthy,
            failed: total.failed + wave.failed,
        })
    }
}

/// What tenants are held against while they are counted.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    /// The target's name.
    pub target: Digest,
    /// The module that the workers hold.
    pub module: Digest,
}

impl Rollout {
    /// Whether this rollout moved a tenant, and it has not gone back.
    pub(super) fn moved(&self, pin: &PinSummary) -> bool {
        pin.rollout == Some(self.number) && pin.back.is_some()
    }

    /// Whether this rollout leads away from a module.
    fn left(&self, module: Digest) -> bool {
        self.before.as_ref().is_some_and(|before| before.module == module)
    }
}
