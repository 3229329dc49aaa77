//! Generated cases for the rules.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use proptest::prelude::*;
use tokio::time::Instant;

use super::super::Timing;
use super::super::decide::{Held, Hold, Observed, StandBy, hold, stand_by};

fn lease(holder: Option<&str>, seconds: Option<i32>, renewed: i64) -> Lease {
    let spec = LeaseSpec {
        holder_identity: holder.map(str::to_owned),
        lease_duration_seconds: seconds,
        renew_time: Some(MicroTime(Timestamp::from_second(renewed).unwrap())),
        ..LeaseSpec::default()
    };
    Lease { spec: Some(spec), ..Lease::default() }
}

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn holder() -> impl Strategy<Value = Option<&'static str>> {
    proptest::option::of(prop_oneof![Just(""), Just("me"), Just("other")])
}

proptest! {
    /// Free, or ours: at once. Another's: once it has not changed for its term, whatever its times say.
    #[test]
    fn another_is_waited_for(holder in holder(), asked in proptest::option::of(-5..60_i32), wall in 0..4_000_000_000_i64, after in 0..90_000_u64) {
        let timing = Timing::default();
        let start = Instant::now();
        let observed = Observed::new(Some(lease(holder, asked, wall)), start);
        let term = timing.duration.max(Duration::from_secs(u64::try_from(asked.unwrap_or(0)).unwrap_or(0)));
        let expected = match holder {
            Some("other") if millis(after) < term => StandBy::Wait(start + term),
            _ => StandBy::Claim,
        };
        prop_assert_eq!(stand_by(&observed, "me", &timing, start + millis(after)), expected);
    }

    /// The wait begins anew with each change of the spec and with a deletion, and with nothing else.
    #[test]
    fn only_a_renewal_counts_as_life(sights in proptest::collection::vec((0..20_000_u64, 0..4), 0..20)) {
        let timing = Timing::default();
        let start = Instant::now();
        let mut observed = Observed::new(Some(lease(Some("other"), Some(15), 0)), start);
        let (mut now, mut changed, mut renewals) = (start, start, 0);
        for (pause, what) in sights {
            now += millis(pause);
            match what {
                0 => {
                    renewals += 1;
                    changed = now;
                    observed.see(Some(lease(Some("other"), Some(15), renewals)), now);
                }
                1 => observed.see(Some(lease(Some("other"), Some(15), renewals)), now),
                2 => {
                    let mut labelled = lease(Some("other"), Some(15), renewals);
                    labelled.metadata.resource_version = Some(pause.to_string());
                    observed.see(Some(labelled), now);
                }
                _ => {
                    changed = if observed.lease.is_some() { now } else { changed };
                    observed.see(None, now);
                }
            }
            let free_at = changed + timing.duration;
            let expected = if now >= free_at { StandBy::Claim } else { StandBy::Wait(free_at) };
            prop_assert_eq!(stand_by(&observed, "me", &timing, now), expected);
        }
    }

    /// A holder never acts past its deadline, never waits past it, and tries in time.
    #[test]
    fn a_holder_stops_in_time(tries in proptest::collection::vec((0..6_000_u64, any::<bool>()), 1..20)) {
        let timing = Timing::default();
        let mut now = Instant::now();
        let mut held = Held::renewed(now, &timing);
        for (took, succeeds) in tries {
            let deadline = held.renewed_at + timing.renew_deadline;
            match hold(held, &timing, now) {
                Hold::GiveUp => {
                    prop_assert!(now >= deadline);
                    break;
                }
                Hold::Wait(until) => {
                    prop_assert!(now < until && until <= deadline && until <= now + timing.renew_every);
                    now = until;
                }
                Hold::Renew { until } => {
                    prop_assert!(now < until && until <= deadline && until <= now + timing.request_timeout);
                    let ended = until.min(now + millis(took));
                    held = if succeeds { Held::renewed(now, &timing) } else { held.failed(ended, &timing) };
                    now = ended;
                }
            }
        }
    }
}

#[test]
fn a_holder_stops_before_another_begins() {
    let timing = Timing::default();
    assert!(timing.renew_every < timing.renew_deadline && timing.renew_deadline < timing.duration);
    assert!(timing.renew_every + timing.request_timeout + timing.retry_after < timing.renew_deadline, "one may fail");
}

#[test]
fn only_one_that_never_saw_a_lease_makes_it_at_once() {
    let (timing, now) = (Timing::default(), Instant::now());
    assert_eq!(stand_by(&Observed::new(None, now), "me", &timing, now), StandBy::Claim);
    for holder in [None, Some("me"), Some("other")] {
        let mut observed = Observed::new(Some(lease(holder, None, 0)), now);
        observed.see(None, now);
        assert_eq!(stand_by(&observed, "me", &timing, now), StandBy::Wait(now + timing.duration), "{holder:?}");
    }
}
