//! The record of the rollout under way, or the last one: `fleet/rollout.json`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::release::{Course, Pin, Release};
use super::tally::Tally;
use super::wave::wave_of;
use crate::digest::Digest;
use crate::platform;
use crate::records::Principal;
use crate::tenant::TenantId;

/// A rollout. Written by compare-and-swap: by the sweep, and by whoever is asked to stop it, let it go on or take it back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    /// Counts rollouts, from 1.
    pub number: u64,
    /// How it stands.
    pub state: RolloutState,
    /// Where the fleet goes.
    pub target: Release,
    /// The target before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Release>,
    /// By value, as the settings had them when it began: who belongs to which wave does not change under way.
    pub shares: Vec<f64>,
    /// The wave under way: 0 are the canaries, the number of shares is the last.
    pub wave: usize,
    /// Everybody up to this wave is moved, and has to stay well, since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soaking: Option<Timestamp>,
    /// What the last sweep counted.
    #[serde(default)]
    pub tally: Tally,
    /// Failures that somebody saw and did not mind.
    #[serde(default)]
    pub forgiven: usize,
    /// When it began.
    pub began: Timestamp,
    /// When it last got another state.
    pub changed: Timestamp,
    /// Who gave it that state; nobody: the sweep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Principal>,
    /// Why it has that state.
    pub reason: String,
}

/// How a rollout stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RolloutState {
    /// Tenants are moved, wave by wave.
    Running,
    /// Somebody stopped it for now.
    Paused,
    /// It stopped by itself: too many failed.
    Halted,
    /// Somebody ended it: tenants stay where they are.
    Aborted,
    /// Tenants that were moved go back.
    Undoing,
    /// They are back.
    Undone,
    /// Everybody had their turn. Who could not be moved then is moved as soon as that is otherwise.
    Done,
}

/// What can be asked of a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Stop for now.
    Pause,
    /// Go on, whatever failed so far.
    Resume,
    /// End; leave tenants where they are.
    Abort,
    /// Take back what was done.
    Undo,
}

/// Why an order cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is none.
    #[error("there is no rollout: none has begun yet")]
    None,
    /// It stands otherwise.
    #[error("a rollout that is {} cannot be asked to {}", .0.as_str(), .1.as_str())]
    State(RolloutState, Order),
}

impl RolloutState {
    /// In a sentence.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Halted => "halted",
            Self::Aborted => "aborted",
            Self::Undoing => "being undone",
            Self::Undone => "undone",
            Self::Done => "done",
        }
    }

    /// Whether nothing is to come of it but stragglers: what comes next is another rollout.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Aborted | Self::Undone | Self::Done)
    }
}

impl Order {
    /// Every order.
    pub const ALL: [Self; 4] = [Self::Pause, Self::Resume, Self::Abort, Self::Undo];

    /// In a sentence.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Abort => "abort",
            Self::Undo => "undo",
        }
    }
}

impl Rollout {
    /// The rollout that brings the fleet to `current`: the one there is, the same one with another target, or a new one.
    /// One that is being undone ends first. What somebody paused stays so.
    #[must_use]
    pub fn toward(known: Option<&Self>, current: &Release, settings: &platform::Rollout, now: Timestamp) -> Self {
        let known = match known {
            Some(known) if known.target == *current || known.state == RolloutState::Undoing => return known.clone(),
            known => known,
        };
        let begun = Self {
            number: 1,
            state: if settings.automatic { RolloutState::Running } else { RolloutState::Paused },
            target: current.clone(),
            before: None,
            shares: settings.waves.clone(),
            wave: 0,
            soaking: None,
            tally: Tally::default(),
            forgiven: 0,
            began: now,
            changed: now,
            by: None,
            reason: if settings.automatic { "it began" } else { "it waits to be resumed: rollout.automatic is false" }
                .to_owned(),
        };
        match known {
            None => begun,
            Some(known) if known.state.is_over() => {
                Self { number: known.number + 1, before: Some(known.target.clone()), ..begun }
            }
            Some(known) => {
                let paused = known.state == RolloutState::Paused;
                let state = if paused { RolloutState::Paused } else { begun.state };
                let by = known.by.clone().filter(|_| paused);
                let (number, before) = (known.number, known.before.clone());
                let reason = "it got another target, and begins again with its first wave".to_owned();
                Self { number, state, before, by, reason, ..begun }
            }
        }
    }

    /// Whether tenants of this wave have their turn.
    pub(super) fn admits(&self, wave: usize) -> bool {
        match self.state {
            RolloutState::Running => wave <= self.wave,
            RolloutState::Done => true,
            RolloutState::Paused
            | RolloutState::Halted
            | RolloutState::Aborted
            | RolloutState::Undoing
            | RolloutState::Undone => false,
        }
    }

    /// Whether tenants have something done to them as it stands.
    pub const fn moves(&self) -> bool {
        matches!(self.state, RolloutState::Running | RolloutState::Undoing | RolloutState::Done)
    }

    /// What this rollout would have done to a tenant by a worker that holds `module`.
    pub fn course(&self, tenant: &TenantId, canary: bool, pin: &Pin, module: Digest) -> Course {
        if self.state == RolloutState::Undoing {
            let back = pin.before.as_ref().is_some_and(|before| before.module == module);
            return if back && pin.rollout == Some(self.number) { Course::Back } else { Course::Stay };
        }
        let wave = wave_of(tenant, canary, self.number, &self.shares);
        if self.admits(wave) && pin.release != self.target && self.target.module == module {
            Course::Forward(self.number)
        } else {
            Course::Stay
        }
    }

    /// The same as somebody asked for it. `module` is the one that workers hold.
    pub fn ordered(&self, order: Order, by: &Principal, module: Digest, now: Timestamp) -> Result<Self, Refused> {
        use RolloutState::{Aborted, Done, Halted, Paused, Running, Undoing, Undone};
        let (state, reason) = match (order, self.state) {
            (Order::Pause, Running | Halted) => (Paused, "somebody paused it"),
            (Order::Resume, Paused | Halted | Aborted | Undone) => (Running, "somebody let it go on"),
            (Order::Abort, Running | Paused | Halted | Undoing) => (Aborted, "somebody ended it where it was"),
            (Order::Undo, Running | Paused | Halted | Aborted | Done) => (Undoing, self.way_back(module)),
            (Order::Pause, Paused)
            | (Order::Resume, Running)
            | (Order::Abort, Aborted)
            | (Order::Undo, Undoing | Undone) => return Ok(self.clone()),
            (order, state) => return Err(Refused::State(state, order)),
        };
        let forgiven = if order == Order::Resume { self.tally.total().failed } else { self.forgiven };
        let (by, reason) = (Some(by.clone()), reason.to_owned());
        Ok(Self { state, reason, by, forgiven, soaking: None, changed: now, ..self.clone() })
    }

    /// What an undo waits for, where workers hold `module`: a worker makes tenants with its own one only.
    fn way_back(&self, module: Digest) -> &'static str {
        if self.before.as_ref().is_none_or(|before| before.module == module) {
            return "somebody took it back";
        }
        "somebody took it back: tenants go back as soon as workers hold the module of before again. Deploy the images of the \
         release before, or abort it"
    }
}
