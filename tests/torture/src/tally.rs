//! What was killed, of what, and where it was at that moment.

use std::collections::BTreeMap;
use std::fmt;

use crate::deeds::Deed;
use crate::victims::Kind;

/// What a run of the torture came to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Moments at which somebody was killed at work.
    pub moments: usize,
    /// Moments drawn at which nobody of those aimed at was at work: nobody was killed.
    pub idle: usize,
    /// Processes killed, by what they were.
    pub killed: BTreeMap<Kind, usize>,
    /// Tenants that were being worked on when somebody was killed, by what was being done to them and by the step that their
    /// operation had written down.
    pub steps: BTreeMap<(Deed, String), usize>,
    /// Rounds after which everything was in order with the first sweep, and with the second.
    pub sweeps: [usize; 2],
    /// Versions of states that were looked at.
    pub states: usize,
    /// Journal entries that were looked at in the end.
    pub entries: usize,
    /// What was not as it must be.
    pub failures: Vec<String>,
}

/// Who was killed at one moment, and what was being done to each tenant then.
pub(crate) struct Blow {
    pub(crate) killed: Vec<Kind>,
    pub(crate) steps: Vec<Option<String>>,
}

impl Blow {
    pub(crate) fn told(&self, strike: impl fmt::Debug) -> String {
        format!("{strike:?} killed {:?}", self.killed)
    }
}

impl Tally {
    /// A moment at which nobody was at work is no test of anything.
    pub(crate) fn count(&mut self, blow: &Blow, deeds: &[Deed]) {
        if blow.killed.is_empty() {
            self.idle += 1;
            return;
        }
        self.moments += 1;
        for kind in &blow.killed {
            *self.killed.entry(*kind).or_default() += 1;
        }
        for (deed, step) in deeds.iter().zip(&blow.steps) {
            if let Some(step) = step {
                *self.steps.entry((*deed, step.clone())).or_default() += 1;
            }
        }
    }

    /// Processes killed.
    pub fn kills(&self) -> usize {
        self.killed.values().sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let killed: Vec<String> = self.killed.iter().map(|(kind, number)| format!("{number} {kind:?}")).collect();
        writeln!(f, "{} processes killed at {} moments: {}", self.kills(), self.moments, killed.join(", "))?;
        let [first, second] = self.sweeps;
        writeln!(f, "in order again with the first sweep {first} times, with the second {second} times")?;
        writeln!(
            f,
            "{} versions of states and {} operations looked at; drawn in vain: {}",
            self.states, self.entries, self.idle
        )?;
        for ((deed, step), number) in &self.steps {
            writeln!(f, "{number:>5}  {:<8} {step}", format!("{deed:?}"))?;
        }
        write!(f, "{} failures", self.failures.len())?;
        self.failures.iter().try_for_each(|failure| write!(f, "\n{failure}"))
    }
}
