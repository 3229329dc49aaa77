//! Objects with sane defaults. Time is told in seconds after the creation of the first gate, which is at 14:00:00.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::{apis::meta::v1::Time, util::intstr::IntOrString};
use upgradegate_crds::{
    Drain, DrainHttp, HttpGet, OnDeadline, OnMissingTarget, Probe, Scheme, TargetRef, UpgradeGate, UpgradeGateSpec,
};
use upgradegate_operator::gate::{Facts, Lifecycle, Member, Revision, Workload};

/// Seconds after 14:00:00 on a day in 2026.
pub fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = "2026-03-02T14:00:00Z".parse().unwrap();
    start + SignedDuration::from_secs(seconds)
}

/// A gate that nobody has seen yet: Deployment demo-app, with a drain, all members, 180 s.
pub fn gate(name: &str) -> UpgradeGate {
    let mut gate = UpgradeGate::new(name, spec());
    gate.metadata.namespace = Some("demo".into());
    gate.metadata.uid = Some(format!("uid-of-{name}"));
    gate.metadata.generation = Some(1);
    gate.metadata.creation_timestamp = Some(Time(at(0)));
    gate
}

fn spec() -> UpgradeGateSpec {
    UpgradeGateSpec {
        target_ref: TargetRef { api_version: "apps/v1".into(), kind: "Deployment".into(), name: "demo-app".into() },
        on_missing_target: OnMissingTarget::Fail,
        probe: Probe {
            http_get: HttpGet { path: "/upgradeable".into(), port: port(), scheme: Scheme::Http },
            ready: None,
            period_seconds: 1,
            timeout_seconds: 1,
        },
        drain: Some(Drain {
            http: DrainHttp { path: "/drain".into(), port: port(), scheme: Scheme::Http },
            lease_seconds: 60,
        }),
        min_ready: IntOrString::String("100%".into()),
        deadline_seconds: 180,
        on_deadline: OnDeadline::Fail,
        progress_seconds: 600,
        ttl_seconds_after_finished: None,
        action: None,
    }
}

fn port() -> IntOrString {
    IntOrString::String("http".into())
}

/// The target with three pods of this template, all available.
pub fn workload(template: &str) -> Workload {
    Workload {
        uid: "uid-of-demo-app".into(),
        template: template.into(),
        generation: 1,
        observed_generation: 1,
        desired: 3,
        updated: 3,
        current: 3,
        available: 3,
        failed_since: None,
    }
}

/// A running member of the template `old` that nobody has called yet. Its UID is its name.
pub fn member(name: &str) -> Member {
    Member {
        uid: name.into(),
        name: name.into(),
        belongs: true,
        revision: Revision::Known("old".into()),
        lifecycle: Lifecycle::Running,
        leaves_by: None,
        facts: Facts::default(),
    }
}
