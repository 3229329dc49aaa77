//! First sight: what is recorded before any call, and which gates never run.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use upgradegate_crds::{
    OnMissingTarget, OpenedByType, Outcome, Phase, TargetStatus, UID_ANNOTATION, UpgradeGateStatus,
};
use upgradegate_operator::gate::{Members, Target};

use crate::kit::{Story, at, gate};

#[test]
fn the_run_is_on_record_before_the_first_call() {
    let mut story = Story::new();
    story.at(2).decide();
    let status = story.status();
    assert_eq!(status.phase, Some(Phase::Draining));
    assert_eq!(status.epoch, Some(at(2).as_millisecond()));
    assert_eq!(status.started_at.unwrap().0, at(2));
    assert_eq!(status.deadline.unwrap().0, at(180), "the deadline counts from the creation");
    assert_eq!(status.target, Some(TargetStatus { uid: "uid-of-demo-app".into(), baseline: "old".into() }));
    assert_eq!(status.observed_generation, 1);
}

#[test]
fn an_unknown_target_is_waited_for_until_the_deadline() {
    let mut story = Story::new();
    story.target = Target::Unknown;
    let decision = story.decide();
    assert_eq!(
        (story.gate.status.clone(), decision.wake),
        (Some(UpgradeGateStatus::default()), Some(at(2))),
        "a write is saved"
    );
    let decision = story.at(2).decide();
    assert_eq!((story.phase(), decision.wake), (None, Some(at(180))));
    assert_eq!(story.status().message, "Looking for Deployment demo-app.");
    story.at(180).decide();
    assert_eq!(story.outcome(), Some(Outcome::DeadlineExceeded), "it was seen in time");
    assert_eq!(story.phase(), Some(Phase::Finished));
}

#[test]
fn the_default_of_the_schema_is_a_status_that_says_nothing() {
    let mut story = Story::new();
    story.target = Target::Unknown;
    let unseen = UpgradeGateStatus { observed_generation: -1, ..UpgradeGateStatus::default() };
    story.gate.status = Some(unseen.clone());
    let decision = story.at(1).decide();
    assert_eq!((decision.status, decision.wake), (unseen, Some(at(2))));
}

#[test]
fn a_gate_first_seen_after_its_deadline_has_expired() {
    let mut story = Story::new();
    story.at(180).decide();
    assert_eq!((story.outcome(), story.phase()), (Some(Outcome::Expired), Some(Phase::Finished)));
    assert!(story.status().epoch.is_none(), "nothing was drained");
    assert!(story.status().message.contains("14:03:00"), "{}", story.status().message);
}

#[test]
fn a_restored_gate_never_runs() {
    let mut story = Story::new();
    let annotations = story.gate.metadata.annotations.get_or_insert_default();
    annotations.insert(UID_ANNOTATION.into(), "uid-before-the-restore".into());
    story.decide();
    assert_eq!((story.outcome(), story.phase()), (Some(Outcome::Expired), Some(Phase::Finished)));
}

#[test]
fn a_gate_restored_with_its_finalizer_is_over_at_once() {
    let mut story = Story::new();
    let annotations = story.gate.metadata.annotations.get_or_insert_default();
    annotations.insert(UID_ANNOTATION.into(), "uid-before-the-restore".into());
    story.gate.metadata.finalizers = Some(vec![upgradegate_crds::FINALIZER.into()]);
    story.restart();
    let decision = story.decide();
    assert_eq!(story.phase(), Some(Phase::Finished), "this gate drained nobody");
    assert!(!decision.finalizer);
}

#[test]
fn a_gate_with_its_own_uid_runs() {
    let mut story = Story::new();
    let annotations = story.gate.metadata.annotations.get_or_insert_default();
    annotations.insert(UID_ANNOTATION.into(), "uid-of-demo".into());
    story.decide();
    assert_eq!(story.phase(), Some(Phase::Draining));
}

#[test]
fn a_spec_that_cannot_run_is_refused_by_its_field() {
    let refused = |change: fn(&mut upgradegate_crds::UpgradeGateSpec), field: &str| {
        let mut story = Story::new();
        change(&mut story.gate.spec);
        story.decide();
        assert_eq!((story.outcome(), story.phase()), (Some(Outcome::Invalid), Some(Phase::Finished)));
        let message = story.status().message;
        assert!(message.contains(&format!("spec.{field}")), "{message}");
    };
    refused(|spec| spec.target_ref.kind = "StatefulSet".into(), "targetRef");
    refused(|spec| spec.probe.ready = Some("response.code ==".into()), "probe.ready");
    refused(|spec| spec.probe.http_get.path = "upgradeable".into(), "probe.httpGet");
    refused(|spec| spec.probe.http_get.port = IntOrString::Int(0), "probe.httpGet");
    refused(|spec| spec.drain.as_mut().unwrap().http.path = "/a b".into(), "drain.http");
    refused(|spec| spec.drain.as_mut().unwrap().http.port = IntOrString::Int(65_536), "drain.http");
    refused(|spec| spec.min_ready = IntOrString::Int(0), "minReady");
    refused(|spec| spec.min_ready = IntOrString::String("101%".into()), "minReady");
    refused(|spec| spec.min_ready = IntOrString::String("2".into()), "minReady");
}

#[test]
fn a_missing_target_ends_the_gate() {
    let mut story = Story::new();
    (story.target, story.members) = (Target::Missing, Members { whole: true, heard: true, ..Members::default() });
    story.decide();
    assert_eq!((story.outcome(), story.phase()), (Some(Outcome::TargetNotFound), Some(Phase::Finished)));
    let message = story.status().message;
    assert!(message.contains("Deployment demo-app") && message.contains("namespace demo"), "{message}");
}

#[test]
fn a_missing_target_opens_the_gate_if_it_says_so() {
    let mut story = Story::new();
    (story.target, story.members) = (Target::Missing, Members { whole: true, heard: true, ..Members::default() });
    story.gate.spec.on_missing_target = OnMissingTarget::Open;
    story.decide();
    assert_eq!(story.phase(), Some(Phase::Open));
    assert_eq!(story.status().opened_by.unwrap().type_, OpenedByType::NoMembers);

    story.target = Target::Present(crate::kit::workload("first"));
    story.counts(0, 0, 0).decide();
    assert_eq!(story.phase(), Some(Phase::RollingOut), "the target came");
    story.counts(3, 3, 3).decide();
    assert_eq!(story.outcome(), Some(Outcome::Completed));
}

#[test]
fn nothing_is_called_while_an_older_gate_is_not_finished() {
    let mut story = Story::new();
    let mut older = gate("older");
    older.status.get_or_insert_default().epoch = Some(1);
    older.status.get_or_insert_default().phase = Some(Phase::Resuming);
    story.rivals = vec![older];
    let decision = story.decide();
    assert_eq!(story.phase(), Some(Phase::Waiting));
    assert!(!decision.finalizer, "nobody is drained yet");
    assert!(story.status().message.contains("older"), "{}", story.status().message);
}
