//! Several measurements of the same thing.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

/// Durations, to be shown as their median with the least and the most.
#[derive(Clone, Debug, Default)]
pub struct Spread(Vec<SignedDuration>);

impl Spread {
    /// Adds the time from a point to a later one.
    pub fn add(&mut self, from: Timestamp, until: Timestamp) {
        self.0.push(until.duration_since(from));
        self.0.sort();
    }

    /// The median, in seconds; zero if nothing was measured.
    pub fn median(&self) -> f64 {
        self.0.get(self.0.len() / 2).map_or(0.0, SignedDuration::as_secs_f64)
    }
}

/// `1.20 s (1.00 .. 1.51, n=5)`
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(least), Some(most)) = (self.0.first(), self.0.last()) else { return f.write_str("none") };
        let (least, most) = (least.as_secs_f64(), most.as_secs_f64());
        write!(f, "{:.2} s ({least:.2} .. {most:.2}, n={})", self.median(), self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let mut spread = Spread::default();
        for millis in [3000, 1000, 2000] {
            spread.add(Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH + SignedDuration::from_millis(millis));
        }
        assert_eq!(spread.to_string(), "2.00 s (1.00 .. 3.00, n=3)");
        assert_eq!(Spread::default().to_string(), "none");
    }
}
