//! What many measurements of one thing come to.

use std::time::Duration;

use serde::Serialize;

/// At least one measurement, in order of size.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample(Vec<f64>);

/// A sample in four numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spread {
    /// How many were measured.
    pub(crate) samples: usize,
    /// The smallest.
    pub(crate) least: f64,
    /// The middle one.
    pub(crate) median: f64,
    /// The largest.
    pub(crate) most: f64,
}

impl Sample {
    /// `None` for no measurement at all.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        (!values.is_empty()).then_some(Self(values))
    }

    /// Durations, in milliseconds.
    pub(crate) fn of_durations(values: &[Duration]) -> Option<Self> {
        Self::of(values.iter().map(|value| value.as_secs_f64() * 1_000.0))
    }

    /// The middle one; between two of them, their mean.
    pub(crate) fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        if self.0.len().is_multiple_of(2) { f64::midpoint(self.0[middle - 1], self.0[middle]) } else { self.0[middle] }
    }

    /// In four numbers.
    pub(crate) fn spread(&self) -> Spread {
        let (least, most) = (self.0[0], self.0[self.0.len() - 1]);
        Spread { samples: self.0.len(), least, median: self.median(), most }
    }
}

#[cfg(test)]
mod tests {
    use super::Sample;

    #[test]
    fn the_median_is_the_middle() {
        for (values, median) in [(vec![3.0], 3.0), (vec![9.0, 1.0, 2.0], 2.0), (vec![4.0, 1.0, 2.0, 8.0], 3.0)] {
            assert!((Sample::of(values.clone()).unwrap().median() - median).abs() < 1e-9, "{values:?}");
        }
        assert_eq!(Sample::of([]), None);
    }
}
