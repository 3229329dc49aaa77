//! Lengths of time as people type them: seconds, whole or fractional.

use std::time::Duration;

/// The longest time that can be asked for: one day, in seconds.
pub const MAX_SECONDS: u32 = 86_400;

/// Reads a length of more than 0 and at most [`MAX_SECONDS`] seconds.
///
/// The error is a sentence that says what was read and what would be right.
pub fn parse_positive(text: &str) -> Result<Duration, String> {
    read(text).filter(|length| !length.is_zero()).ok_or_else(|| refusal(text, "more than 0"))
}

/// Reads a length of 0 to [`MAX_SECONDS`] seconds.
///
/// The error is a sentence that says what was read and what would be right.
pub fn parse(text: &str) -> Result<Duration, String> {
    read(text).ok_or_else(|| refusal(text, "at least 0"))
}

fn read(text: &str) -> Option<Duration> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds <= f64::from(MAX_SECONDS))?;
    Duration::try_from_secs_f64(seconds).ok()
}

fn refusal(text: &str, lowest: &str) -> String {
    format!(
        "{text:?} is no length of time: give a number of seconds, \
         {lowest} and at most {MAX_SECONDS}, such as 60 or 0.5"
    )
}

/// A length as a JSON number of seconds: whole ones without a fraction.
pub fn to_json(length: Duration) -> serde_json::Value {
    if length.subsec_nanos() == 0 { length.as_secs().into() } else { length.as_secs_f64().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_and_fractional_seconds_are_read() {
        assert_eq!(parse_positive("60"), Ok(Duration::from_mins(1)));
        assert_eq!(parse_positive("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_positive("86400"), Ok(Duration::from_hours(24)));
        assert_eq!(parse("0"), Ok(Duration::ZERO));
    }

    #[test]
    fn everything_else_is_refused_with_the_range() {
        for text in ["", "x", "-1", "NaN", "inf", "1e300", "86401", "1s", "0x10", " 1"] {
            assert!(parse(text).is_err_and(|why| why.contains("at most 86400")), "{text}");
        }
        for text in ["0", "-0", "0.0000000001"] {
            assert!(parse_positive(text).is_err_and(|why| why.contains("more than 0")), "{text}");
        }
    }

    #[test]
    fn json_has_a_fraction_only_where_there_is_one() {
        assert_eq!(to_json(Duration::from_mins(1)).to_string(), "60");
        assert_eq!(to_json(Duration::from_millis(50)).to_string(), "0.05");
    }
}
