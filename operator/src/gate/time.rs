//! Points in time as a status holds them: whole seconds.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// `at` cut to the second, which is what the API stores; so a status read back equals the one written.
pub(crate) fn stamp(at: Timestamp) -> Time {
    Time(Timestamp::from_second(at.as_second()).unwrap_or(at))
}

/// `seconds` after `at`, cut to the second; the end of time if there is no such point.
pub(crate) fn after(at: Timestamp, seconds: u32) -> Time {
    stamp(at.checked_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX))
}

/// `14:02:11`, in UTC.
pub(crate) fn clock(at: &Time) -> String {
    at.0.strftime("%H:%M:%S").to_string()
}
