//! Finished gates: deleted after their time, if they have one, and otherwise they cost nothing (S8).

use upgradegate_crds::{ActionType, Phase};

use crate::kit::{Story, at};

/// A gate that finished at 20 s.
fn finished(ttl: Option<u32>) -> Story {
    let mut story = Story::new();
    story.gate.spec.ttl_seconds_after_finished = ttl;
    story.gate.spec.drain = None;
    story.decide();
    story.at(20).order(ActionType::Cancel, "no").decide();
    assert_eq!(story.phase(), Some(Phase::Finished));
    story
}

#[test]
fn it_is_deleted_when_its_time_is_over() {
    let mut story = finished(Some(100));
    let decision = story.decide();
    assert_eq!((decision.delete, decision.wake), (false, Some(at(120))));
    assert!(!story.at(119).decide().delete);
    assert!(story.at(120).decide().delete);
}

#[test]
fn zero_deletes_at_once() {
    assert!(finished(Some(0)).decide().delete);
}

#[test]
fn without_a_ttl_it_stays_and_wakes_nobody() {
    let mut story = finished(None);
    let decision = story.at(1_000_000).decide();
    assert_eq!((decision.delete, decision.wake), (false, None));
}

#[test]
fn a_ttl_that_comes_after_the_end_counts_from_the_end() {
    let mut story = finished(None);
    story.gate.spec.ttl_seconds_after_finished = Some(100);
    assert!(story.at(500).decide().delete);
}

#[test]
fn a_gate_that_is_being_deleted_is_not_deleted_again_and_again() {
    let mut story = finished(Some(100));
    let decision = story.at(200).delete().decide();
    assert_eq!((decision.delete, decision.wake), (false, None), "somebody else's finalizer holds it");
}

#[test]
fn it_tells_nobody_anything() {
    let mut story = finished(None);
    let decision = story.at(30).all_ready().decide();
    assert!(decision.intents.values().all(|intent| *intent == upgradegate_operator::gate::Intent::Idle));
    assert!(decision.events.is_empty());
}
