//! Durations as kubectl and Go write them: `5m`, `90s`, `1h30m`; a plain number is seconds.

use std::time::Duration;

/// Reads a duration.
///
/// # Errors
/// A sentence that says what is wrong and what would be right.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a duration such as 5m, 90s, 1h30m or 300 (seconds)");
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(Duration::from_secs(seconds));
    }
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let part = match unit {
            "h" => number.checked_mul(3600).map(Duration::from_secs),
            "m" => number.checked_mul(60).map(Duration::from_secs),
            "s" => Some(Duration::from_secs(number)),
            "ms" => Some(Duration::from_millis(number)),
            _ => None,
        };
        total = part.and_then(|p| total.checked_add(p)).ok_or_else(wrong)?;
        rest = after;
    }
    if text.is_empty() { Err(wrong()) } else { Ok(total) }
}

/// Writes a duration the way [`parse`] reads it, without the parts that are zero.
pub fn format(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [
        (u128::from(seconds / 3600), "h"),
        (u128::from(seconds / 60 % 60), "m"),
        (u128::from(seconds % 60), "s"),
        (u128::from(duration.subsec_millis()), "ms"),
    ];
    let text: Vec<_> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    if text.is_empty() { "0s".into() } else { text.concat() }
}

/// How long ago something was, as kubectl's AGE column says it: two units at most, and only one once the first is large.
///
/// A negative age, from clocks that differ, is `0s`.
pub fn age(seconds: i64) -> String {
    let two = |first: i64, a: &str, second: i64, b: &str| {
        if second == 0 { format!("{first}{a}") } else { format!("{first}{a}{second}{b}") }
    };
    match seconds.max(0) {
        s if s < 120 => format!("{s}s"),
        s if s < 600 => two(s / 60, "m", s % 60, "s"),
        s if s < 3 * 3600 => format!("{}m", s / 60),
        s if s < 8 * 3600 => two(s / 3600, "h", s / 60 % 60, "m"),
        s if s < 48 * 3600 => format!("{}h", s / 3600),
        s if s < 8 * 86_400 => two(s / 86_400, "d", s / 3600 % 24, "h"),
        s if s < 2 * 365 * 86_400 => format!("{}d", s / 86_400),
        s => two(s / (365 * 86_400), "y", s / 86_400 % 365, "d"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_kubectl_reads() {
        for (text, seconds) in
            [("5m", 300), ("90s", 90), ("1h30m", 5400), ("300", 300), ("0", 0), ("0s", 0), ("24h", 86_400)]
        {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse("1s500ms"), Ok(Duration::from_millis(1500)));
    }

    #[test]
    fn says_what_would_be_right() {
        for text in
            ["", "m", "5x", "-5s", "5 m", "1.5h", "5m3", "99999999999999999999s", "18446744073709551615h", "ü", "5µs"]
        {
            let error = parse(text).unwrap_err();
            assert!(error.contains("is not a duration such as 5m"), "{text}: {error}");
        }
    }

    #[test]
    fn ages_read_as_kubectl_writes_them() {
        let day = 86_400;
        for (seconds, text) in [
            (-5, "0s"),
            (119, "119s"),
            (120, "2m"),
            (150, "2m30s"),
            (3599, "59m"),
            (3 * 3600, "3h"),
            (3 * 3600 + 60, "3h1m"),
            (20 * 3600, "20h"),
            (2 * day, "2d"),
            (2 * day + 3600, "2d1h"),
            (30 * day, "30d"),
            (731 * day, "2y1d"),
        ] {
            assert_eq!(age(seconds), text, "{seconds}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(ms in 0..u64::from(u32::MAX)) {
            let duration = Duration::from_millis(ms);
            prop_assert_eq!(parse(&format(duration)), Ok(duration));
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = parse(&text);
        }

        #[test]
        fn no_age_panics(seconds: i64) {
            prop_assert!(!age(seconds).is_empty());
        }
    }
}
