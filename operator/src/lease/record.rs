//! What is written into the Lease. Its times are for people: nothing here or in client-go acts by another's wall clock.

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::ObjectMeta;

use super::LeaseConfig;

/// The Lease as `config.identity` takes it over from whoever `previous` names.
pub(crate) fn claimed(previous: Option<Lease>, config: &LeaseConfig, now: Timestamp) -> Lease {
    let (metadata, spec) = match previous {
        Some(lease) => (lease.metadata, lease.spec.unwrap_or_default()),
        None => (fresh(config), LeaseSpec::default()),
    };
    let transitions = spec.lease_transitions.unwrap_or(0);
    let same = spec.holder_identity.as_deref() == Some(config.identity.as_str());
    Lease {
        metadata,
        spec: Some(LeaseSpec {
            holder_identity: Some(config.identity.clone()),
            lease_duration_seconds: Some(i32::try_from(config.timing.duration.as_secs()).unwrap_or(i32::MAX)),
            acquire_time: Some(MicroTime(now)),
            renew_time: Some(MicroTime(now)),
            lease_transitions: Some(if same { transitions } else { transitions.saturating_add(1) }),
            ..spec
        }),
    }
}

/// The Lease, held on.
pub(crate) fn renewed(lease: Lease, now: Timestamp) -> Lease {
    let spec = lease.spec.unwrap_or_default();
    Lease { spec: Some(LeaseSpec { renew_time: Some(MicroTime(now)), ..spec }), ..lease }
}

/// The Lease, free for the next.
pub(crate) fn released(lease: Lease, now: Timestamp) -> Lease {
    let spec = lease.spec.unwrap_or_default();
    let spec = LeaseSpec { holder_identity: None, renew_time: Some(MicroTime(now)), ..spec };
    Lease { spec: Some(spec), ..lease }
}

fn fresh(config: &LeaseConfig) -> ObjectMeta {
    ObjectMeta { namespace: Some(config.namespace.clone()), name: Some(config.name.clone()), ..ObjectMeta::default() }
}
