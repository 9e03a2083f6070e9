//! What was measured, round by round.

use serde::Serialize;
use std::fmt;

/// A quantity with its value in each round.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// The middle of the rounds.
    pub median: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// All, in their order.
    pub rounds: Vec<f64>,
}

impl Figure {
    /// The figure of these rounds; zero where there are none.
    pub fn of(rounds: Vec<f64>) -> Self {
        let mut sorted = rounds.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
        let last = sorted.len().saturating_sub(1);
        Self {
            median: f64::midpoint(at(last / 2), at(last.div_ceil(2))),
            min: at(0),
            max: at(last),
            rounds,
        }
    }

    /// Computes a figure round by round from this one and `other`.
    pub fn with(&self, other: &Self, compute: impl Fn(f64, f64) -> f64) -> Self {
        let pairs = self.rounds.iter().zip(&other.rounds);
        Self::of(pairs.map(|(one, two)| compute(*one, *two)).collect())
    }
}

/// Median and spread; the precision applies to all three.
impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(1);
        let Self { median, min, max, .. } = self;
        write!(f, "{median:.digits$} ({min:.digits$} to {max:.digits$})")
    }
}

#[cfg(test)]
mod tests {
    use super::Figure;

    #[test]
    fn the_median_is_the_middle_or_the_middle_of_the_two_in_the_middle() {
        assert_eq!(format!("{:.0}", Figure::of(vec![9.0, 1.0, 5.0])), "5 (1 to 9)");
        assert_eq!(Figure::of(vec![4.0, 1.0]).to_string(), "2.5 (1.0 to 4.0)");
        assert_eq!(Figure::of(vec![]).to_string(), "0.0 (0.0 to 0.0)");
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        let ratio = Figure::of(vec![2.0, 9.0]).with(&Figure::of(vec![1.0, 3.0]), |a, b| a / b);
        assert_eq!(ratio.rounds, [2.0, 3.0]);
    }
}
