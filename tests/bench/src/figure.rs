//! A figure: what was measured, what it should be, whether it is, and if not, why.

use serde::Serialize;

use crate::Failure;
use crate::sample::Spread;

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Figure {
    /// Its name for programs; stays the same.
    pub(crate) id: String,
    /// Its name for people.
    pub(crate) what: String,
    /// What came out.
    pub(crate) measured: f64,
    /// In which unit.
    pub(crate) unit: Unit,
    /// What should come out.
    pub(crate) target: Target,
    /// Whether it does.
    pub(crate) met: bool,
    /// Ours, where many measurements stand behind the figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ours: Option<Spread>,
    /// What it was measured against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) against: Option<Spread>,
    /// What it is made of; for a target that is missed, the cause.
    pub(crate) note: String,
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Unit {
    /// Ours divided by theirs.
    Ratio,
    /// Milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// 2^20 bytes.
    Mebibytes,
    /// Of something, a second.
    PerSecond,
    /// Of something.
    Count,
}

/// What should come out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Target {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// This.
    Exactly(f64),
    /// Nothing was promised.
    None,
}

/// A figure, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
pub(crate) enum Line {
    /// It was measured.
    Measured(Figure),
    /// It could not be measured.
    Failed {
        /// The group of figures.
        group: String,
        /// Why not.
        why: String,
    },
}

impl Figure {
    /// A figure, judged.
    pub(crate) fn new(id: &str, what: &str, measured: f64, unit: Unit, target: Target) -> Self {
        let (id, what, met) = (id.to_owned(), what.to_owned(), target.is_met_by(measured));
        Self { id, what, measured, unit, target, met, ours: None, against: None, note: String::new() }
    }

    /// With what stands behind it.
    pub(crate) fn from(self, ours: Spread) -> Self {
        Self { ours: Some(ours), ..self }
    }

    /// With what it was measured against.
    pub(crate) fn against(self, theirs: Spread) -> Self {
        Self { against: Some(theirs), ..self }
    }

    /// With what it is made of.
    pub(crate) fn noting(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }
}

impl Line {
    /// The lines of a group.
    pub(crate) fn of(group: &str, measured: Result<Vec<Figure>, Failure>) -> Vec<Self> {
        match measured {
            Ok(figures) => figures.into_iter().map(Self::Measured).collect(),
            Err(error) => vec![Self::Failed { group: group.to_owned(), why: error.to_string() }],
        }
    }
}

impl Target {
    fn is_met_by(self, measured: f64) -> bool {
        match self {
            Self::AtMost(most) => measured <= most,
            Self::AtLeast(least) => measured >= least,
            Self::Exactly(expected) => (measured - expected).abs() < 1e-9,
            Self::None => true,
        }
    }

    /// As it stands in the table.
    pub(crate) fn show(self, unit: Unit) -> String {
        match self {
            Self::AtMost(most) => format!("≤ {}", unit.show(most)),
            Self::AtLeast(least) => format!("≥ {}", unit.show(least)),
            Self::Exactly(expected) => unit.show(expected),
            Self::None => "–".to_owned(),
        }
    }
}

impl Unit {
    /// A number in this unit, as it stands in the table.
    pub(crate) fn show(self, value: f64) -> String {
        match self {
            Self::Ratio => format!("{value:.2} ×"),
            Self::Milliseconds => format!("{value:.1} ms"),
            Self::Microseconds => format!("{value:.0} µs"),
            Self::Mebibytes => format!("{value:.1} MiB"),
            Self::PerSecond => format!("{value:.0}/s"),
            Self::Count => format!("{value:.0}"),
        }
    }
}

/// Far below where a float stops counting.
pub(crate) fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use super::{Figure, Target, Unit};

    #[test]
    fn a_figure_is_judged_by_its_target() {
        for (target, measured, met) in [
            (Target::AtMost(1.1), 1.1, true),
            (Target::AtMost(1.1), 1.11, false),
            (Target::AtLeast(0.9), 0.9, true),
            (Target::AtLeast(0.9), 0.89, false),
            (Target::Exactly(1.0), 1.0, true),
            (Target::Exactly(1.0), 2.0, false),
            (Target::None, 1e9, true),
        ] {
            let figure = Figure::new("id", "what", measured, Unit::Ratio, target);
            assert_eq!(figure.met, met, "{measured} {}", target.show(Unit::Ratio));
        }
    }
}
