//! What comes next in a rollout: a pure choice from its record and what a whole sweep counted.

use jiff::{SignedDuration, Timestamp};

use super::record::{Rollout, RolloutState};
use super::tally::{Tally, WaveTally};
use crate::platform;

/// The next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// None now.
    Stay,
    /// The wave is moved: from now on it has to stay well.
    Soak,
    /// The next wave's turn.
    NextWave,
    /// Everybody had their turn.
    Finish,
    /// Too many failed.
    Halt {
        /// How many.
        failed: usize,
        /// Of how many that came to an end.
        of: usize,
    },
    /// Everybody who could go back is back.
    Undone {
        /// Who never can.
        stuck: usize,
    },
}

/// What comes next.
pub fn advance(rollout: &Rollout, tally: &Tally, settings: &platform::Rollout, now: Timestamp) -> Step {
    match rollout.state {
        RolloutState::Running => running(rollout, tally, settings, now),
        RolloutState::Undoing if tally.undoable == 0 && tally.awaiting == 0 => Step::Undone { stuck: tally.stuck },
        // Nobody paused it: it waits to begin, and there is nothing to begin.
        RolloutState::Paused if rollout.by.is_none() && is_there(tally.total()) => Step::Finish,
        RolloutState::Undoing
        | RolloutState::Paused
        | RolloutState::Halted
        | RolloutState::Aborted
        | RolloutState::Undone
        | RolloutState::Done => Step::Stay,
    }
}

fn running(rollout: &Rollout, tally: &Tally, settings: &platform::Rollout, now: Timestamp) -> Step {
    let total = tally.total();
    let judged = total.healthy + total.failed;
    if too_many(total.failed.saturating_sub(rollout.forgiven), judged, settings) {
        return Step::Halt { failed: total.failed, of: judged };
    }
    let last = rollout.wave >= rollout.shares.len();
    let onward = if last { Step::Finish } else { Step::NextWave };
    let soak = SignedDuration::from_secs(settings.soak_seconds.cast_signed());
    match rollout.soaking {
        // Who falls behind meanwhile has another turn, and holds nobody up.
        Some(since) if now.duration_since(since) >= soak => onward,
        Some(_) => Step::Stay,
        None if !is_moved(tally, rollout.wave) => Step::Stay,
        None if tally.waves.get(rollout.wave).is_none_or(|wave| wave.touched() == 0) => onward,
        None => Step::Soak,
    }
}

const fn is_there(total: WaveTally) -> bool {
    total.outdated() == 0 && total.touched() == 0
}

/// Whether everybody up to a wave had their turn, and it came to an end.
fn is_moved(tally: &Tally, wave: usize) -> bool {
    let under_way = |wave: &WaveTally| wave.movable + wave.moving > 0;
    !tally.waves.iter().take(wave + 1).any(under_way)
}

fn too_many(failed: usize, judged: usize, settings: &platform::Rollout) -> bool {
    // A share of a fleet of at most some ten thousands: exact in a double.
    #[expect(clippy::cast_precision_loss, reason = "fleets are far below 2^52 tenants")]
    let share = failed as f64 / judged.max(1) as f64;
    failed > settings.failure_most || share > settings.failure_share
}

impl Rollout {
    /// What it is once all steps that can be taken now are.
    #[must_use]
    pub fn advanced(mut self, tally: Tally, settings: &platform::Rollout, now: Timestamp) -> Self {
        loop {
            let step = advance(&self, &tally, settings, now);
            if step == Step::Stay {
                return Self { tally, ..self };
            }
            self.take(&step, now);
        }
    }

    fn take(&mut self, step: &Step, now: Timestamp) {
        let (state, reason) = match step {
            Step::Stay => return,
            Step::Soak => {
                self.soaking = Some(now);
                return;
            }
            Step::NextWave => {
                self.wave += 1;
                self.soaking = None;
                return;
            }
            Step::Finish => (RolloutState::Done, "everybody had their turn".to_owned()),
            Step::Halt { failed, of } => {
                let reason = format!(
                    "{failed} of {of} tenants that were moved are not well: see why (tenantctl list --phase Failed), then \
                     resume, undo or abort it, or change the platform's settings"
                );
                (RolloutState::Halted, reason)
            }
            Step::Undone { stuck: 0 } => (RolloutState::Undone, "everybody is back".to_owned()),
            Step::Undone { stuck } => {
                let reason = format!("{stuck} tenants stay: what they had before is of a module that no worker holds");
                (RolloutState::Undone, reason)
            }
        };
        // Who had it undone is still the one it is so for.
        self.by = self.by.take().filter(|_| state == RolloutState::Undone);
        (self.state, self.reason, self.changed, self.soaking) = (state, reason, now, None);
    }
}
