//! What happened, counted.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// Something that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Happening {
    /// A call or a step of a run was let through: the unit in which everything is interleaved.
    Effect,
    /// A person wrote or removed a definition.
    Definition,
    /// A person or a program asked for something through the API.
    Request,
    /// An event was delivered.
    Event,
    /// A task was delivered.
    Task,
    /// An event or a task was lost.
    Lost,
    /// An event or a task was delivered and will be again.
    Doubled,
    /// A sweep began.
    Sweep,
    /// Something of an operation was kept long enough, and went.
    Pruned,
    /// Somebody changed the cloud by hand.
    ChangeOutside,
    /// A process died where it stood.
    Kill,
    /// A process was asked to stop.
    Stop,
    /// A process got no time to run in, for longer than a lease lasts.
    Freeze,
    /// A call to a bucket never arrived.
    NotArrived,
    /// A call to a bucket did its work, and its answer was lost.
    AnswerLost,
    /// A listing showed what was there before.
    StaleListing,
    /// The cloud refused a step of a run.
    RefusedByCloud,
}

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Effect => "effects, one at a time",
            Self::Definition => "definitions written or removed",
            Self::Request => "requests",
            Self::Event => "events delivered",
            Self::Task => "tasks delivered",
            Self::Lost => "events and tasks lost",
            Self::Doubled => "events and tasks doubled",
            Self::Sweep => "sweeps",
            Self::Pruned => "records, logs and variables that went",
            Self::ChangeOutside => "changes by hand",
            Self::Kill => "processes killed",
            Self::Stop => "processes asked to stop",
            Self::Freeze => "processes frozen",
            Self::NotArrived => "storage faults before the effect",
            Self::AnswerLost => "storage faults after the effect",
            Self::StaleListing => "stale listings",
            Self::RefusedByCloud => "cloud faults",
        })
    }
}

/// How often each thing happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Tally(BTreeMap<Happening, u64>);

impl Tally {
    /// It happened once more.
    pub fn count(&mut self, happening: Happening) {
        *self.0.entry(happening).or_default() += 1;
    }

    /// How often it happened.
    pub fn of(&self, happening: Happening) -> u64 {
        self.0.get(&happening).copied().unwrap_or_default()
    }

    /// Everything that happened.
    pub fn iter(&self) -> impl Iterator<Item = (Happening, u64)> {
        self.0.iter().map(|(happening, count)| (*happening, *count))
    }

    /// What happened elsewhere too.
    pub fn add(&mut self, other: &Self) {
        for (happening, count) in other.iter() {
            *self.0.entry(happening).or_default() += count;
        }
    }
}
