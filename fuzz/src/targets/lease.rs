//! The Lease as the API server gives it, whoever wrote it.

use std::time::Duration;

use jiff::Timestamp;
use upgradegate_operator::{
    fuzzing::{lease, patience},
    lease::{LeaseConfig, Timing},
};

/// The input is the JSON document.
pub fn run(input: &[u8]) {
    let config = LeaseConfig {
        namespace: "upgradegate-system".into(),
        name: "upgradegate".into(),
        identity: "upgradegate-0_me".into(),
        timing: Timing::default(),
    };
    let Some([claimed, released]) = lease(input, &config, Timestamp::UNIX_EPOCH) else { return };
    let (claimed, released) = (claimed.spec.unwrap(), released.spec.unwrap());
    assert_eq!(claimed.holder_identity.as_deref(), Some("upgradegate-0_me"));
    assert_eq!(claimed.lease_duration_seconds, Some(15));
    assert!(claimed.lease_transitions.is_some() && claimed.renew_time.is_some());
    assert_eq!(released.holder_identity, None, "it is free for the next");
    let waits = patience(input, &config).unwrap();
    assert!(waits.is_zero() || waits >= config.timing.duration, "a holder gets its whole term");
    assert!(waits <= Duration::from_secs(i32::MAX as u64));
}
