//! The rollout under way, or the last one.

use jiff::Timestamp;
use serde::Serialize;

use crate::records::Principal;
use crate::rollout::{Release, Rollout, RolloutState, WaveTally};

/// A rollout.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutResource {
    number: u64,
    state: RolloutState,
    reason: String,
    /// Who gave it that state; absent: the sweep.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Principal>,
    began: Timestamp,
    changed: Timestamp,
    target: Release,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Release>,
    wave: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    soaking: Option<Timestamp>,
    /// As the last sweep counted them, the canaries' first.
    waves: Vec<WaveResource>,
    total: TallyResource,
    /// Moved tenants that can go back.
    undoable: usize,
    /// Moved tenants that go back once workers hold the module of before.
    awaiting: usize,
    /// Moved tenants that cannot.
    stuck: usize,
    links: RolloutLinks,
}

#[derive(Debug, Serialize)]
struct WaveResource {
    /// Up to which share of the fleet; absent: the canaries.
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<f64>,
    #[serde(flatten)]
    tally: TallyResource,
}

#[derive(Debug, Serialize)]
struct TallyResource {
    tenants: usize,
    #[serde(flatten)]
    tally: WaveTally,
}

impl From<WaveTally> for TallyResource {
    fn from(tally: WaveTally) -> Self {
        Self { tenants: tally.tenants(), tally }
    }
}

#[derive(Debug, Serialize)]
struct RolloutLinks {
    #[serde(rename = "self")]
    rollout: &'static str,
    fleet: &'static str,
}

impl From<Rollout> for RolloutResource {
    fn from(rollout: Rollout) -> Self {
        let total = rollout.tally.total().into();
        let Rollout { number, state, target, before, shares, wave, soaking, tally, .. } = rollout;
        let Rollout { began, changed, by, reason, .. } = rollout;
        // Before the first sweep nobody is counted.
        let counted = tally.waves.into_iter().chain(std::iter::repeat(WaveTally::default()));
        let shares = std::iter::once(None).chain(shares.into_iter().map(Some));
        let waves = shares.zip(counted).map(|(share, tally)| WaveResource { share, tally: tally.into() }).collect();
        let links = RolloutLinks { rollout: "/fleet/rollout", fleet: "/fleet" };
        let (undoable, awaiting, stuck) = (tally.undoable, tally.awaiting, tally.stuck);
        Self {
            number,
            state,
            reason,
            by,
            began,
            changed,
            target,
            before,
            wave,
            soaking,
            waves,
            total,
            undoable,
            awaiting,
            stuck,
            links,
        }
    }
}
