//! The contract of the drain lease, by example and for any order of calls.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

const MINUTE: Duration = Duration::from_mins(1);

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn a_lease_runs_until_its_length_is_over() {
    let (mut lease, start) = (DrainLease::default(), Instant::now());
    assert_eq!(lease.drain(start, "a", 7, MINUTE), Ok(Drained::Began));
    assert_eq!(lease.running(start).unwrap().epoch, 7);
    assert!(lease.running(start + seconds(59)).is_some());
    assert!(lease.running(start + MINUTE).is_none());
}

#[test]
fn renewal_counts_from_its_own_time() {
    let (mut lease, start) = (DrainLease::default(), Instant::now());
    lease.drain(start, "a", 7, MINUTE).unwrap();
    let renewal = lease.drain(start + seconds(50), "a", 7, MINUTE);
    assert_eq!(renewal, Ok(Drained::Renewed));
    assert!(lease.running(start + seconds(109)).is_some());
    assert!(lease.running(start + seconds(110)).is_none());
}

#[test]
fn expiry_is_told_once_and_not_early() {
    let (mut lease, start) = (DrainLease::default(), Instant::now());
    lease.drain(start, "a", 7, MINUTE).unwrap();
    assert_eq!(lease.take_expired(start + seconds(59)), None);
    assert_eq!(lease.take_expired(start + MINUTE).unwrap().gate, "a");
    assert_eq!(lease.take_expired(start + MINUTE), None);
}

#[test]
fn a_lower_epoch_is_refused_while_the_lease_runs_and_only_then() {
    let (mut lease, start) = (DrainLease::default(), Instant::now());
    lease.drain(start, "b", 8, MINUTE).unwrap();
    assert_eq!(lease.drain(start, "a", 7, MINUTE), Err(LowerEpoch { own: 8 }));
    assert_eq!(lease.resume(start, 7), Err(LowerEpoch { own: 8 }));
    assert_eq!(lease.running(start).unwrap().gate, "b");

    let later = start + MINUTE;
    assert_eq!(lease.resume(later, 7), Ok(None));
    assert_eq!(lease.drain(later, "a", 7, MINUTE), Ok(Drained::Began));
}

#[test]
fn a_higher_epoch_takes_the_lease_over() {
    let (mut lease, start) = (DrainLease::default(), Instant::now());
    lease.drain(start, "a", 7, MINUTE).unwrap();
    let newer = lease.drain(start, "b", 8, seconds(30));
    assert_eq!(newer, Ok(Drained::TakenOver));
    assert_eq!(lease.resume(start, 7), Err(LowerEpoch { own: 8 }));
    assert!(lease.running(start + seconds(30)).is_none());
}

#[test]
fn resume_may_be_repeated() {
    let (mut lease, start) = (DrainLease::default(), Instant::now());
    lease.drain(start, "a", 7, MINUTE).unwrap();
    assert_eq!(lease.resume(start, 7).unwrap().unwrap().epoch, 7);
    assert_eq!(lease.resume(start, 7), Ok(None));
    assert!(lease.running(start).is_none());
}

#[test]
fn a_drain_of_the_same_epoch_after_the_resume_counts_for_one_lease() {
    let (mut lease, start) = (DrainLease::default(), Instant::now());
    lease.drain(start, "a", 7, MINUTE).unwrap();
    lease.resume(start + seconds(1), 7).unwrap();
    let late = lease.drain(start + seconds(2), "a", 7, MINUTE);
    assert_eq!(late, Ok(Drained::Began));
    assert!(lease.running(start + seconds(62)).is_none());
}

#[derive(Debug, Clone)]
enum Call {
    Drain { epoch: u64, length: Duration },
    Resume { epoch: u64 },
    Expire,
}

fn calls() -> impl Strategy<Value = Vec<(Duration, Call)>> {
    let call = prop_oneof![
        (0..4u64, 1..90u64).prop_map(|(epoch, length)| Call::Drain { epoch, length: seconds(length) }),
        (0..4u64).prop_map(|epoch| Call::Resume { epoch }),
        Just(Call::Expire),
    ];
    prop::collection::vec(((0..40u64).prop_map(seconds), call), 0..40)
}

proptest! {
    #[test]
    fn any_order_of_calls_keeps_the_contract(calls in calls()) {
        let mut lease = DrainLease::default();
        let mut now = Instant::now();
        // What the contract says: the epoch and end of the last accepted drain.
        let mut expected: Option<(u64, Instant)> = None;
        for (wait, call) in calls {
            now += wait;
            expected = expected.filter(|(_, until)| now < *until);
            let own = expected.map(|(epoch, _)| epoch);
            match call {
                Call::Drain { epoch, length } => {
                    let lower = own.filter(|own| epoch < *own);
                    let answer = lease.drain(now, "gate", epoch, length);
                    prop_assert_eq!(answer.err(), lower.map(|own| LowerEpoch { own }));
                    if lower.is_none() {
                        expected = Some((epoch, now + length));
                    }
                }
                Call::Resume { epoch } => {
                    let lower = own.filter(|own| epoch < *own);
                    let answer = lease.resume(now, epoch);
                    prop_assert_eq!(answer.err(), lower.map(|own| LowerEpoch { own }));
                    if lower.is_none() {
                        expected = None;
                    }
                }
                Call::Expire => {
                    lease.take_expired(now);
                }
            }
            let running = lease.running(now).map(|lease| (lease.epoch, lease.until));
            prop_assert_eq!(running, expected);
        }
    }
}
