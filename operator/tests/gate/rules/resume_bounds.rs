//! Resuming ends: with the last acknowledgement, or with the lease, or when the rollout makes no progress.

use upgradegate_crds::{ActionType, Phase};
use upgradegate_operator::gate::{DrainFact, Intent, Target};

use crate::kit::{Story, at};

/// A run that was cancelled at 20 s while open.
fn cancelled() -> Story {
    let mut story = Story::open();
    story.at(20).order(ActionType::Cancel, "no").decide();
    story
}

#[test]
fn it_tries_until_the_lease_has_run_out() {
    let mut story = cancelled();
    assert_eq!(story.decide().wake, Some(at(81)), "the lease of 60 s, and a call that may be under way");
    story.at(80).decide();
    assert_eq!(story.phase(), Some(Phase::Resuming));
    story.at(81).decide();
    assert_eq!(story.phase(), Some(Phase::Finished), "whatever was not acknowledged works again by itself");
}

#[test]
fn it_waits_until_all_members_are_known() {
    let mut story = cancelled();
    story.members.known.clear();
    story.members.whole = false;
    story.at(30).decide();
    assert_eq!(story.phase(), Some(Phase::Resuming));
    story.members.whole = true;
    story.at(31).decide();
    assert_eq!(story.phase(), Some(Phase::Finished));
}

#[test]
fn a_run_that_ends_before_its_finalizer_is_there_drained_nobody() {
    let mut story = Story::draining();
    story.gate.metadata.finalizers = None;
    let decision = story.at(10).order(ActionType::Cancel, "no").decide();
    assert_eq!((story.phase(), decision.finalizer), (Some(Phase::Finished), false));
}

#[test]
fn a_gate_without_a_drain_is_over_at_once() {
    let mut story = Story::new();
    story.gate.spec.drain = None;
    story.decide();
    story.at(10).order(ActionType::Cancel, "no").decide();
    assert_eq!(story.phase(), Some(Phase::Finished));

    // Nor does anybody wait for its members after a restart, whose lists are not whole yet.
    let mut story = Story::new();
    story.gate.spec.drain = None;
    story.decide();
    story.at(10).all_ready().decide();
    story.at(20).patch("new").decide();
    assert_eq!(story.phase(), Some(Phase::RollingOut));
    story.restart().members.whole = false;
    story.at(30).order(ActionType::Cancel, "no").decide();
    assert_eq!(story.phase(), Some(Phase::Finished));
}

#[test]
fn a_stuck_rollout_gives_the_old_members_back_in_the_end() {
    let mut story = Story::rolling_out();
    story.at(30).counts(1, 4, 3).order(ActionType::Cancel, "no").decide();
    assert_eq!(story.decide().wake, Some(at(630)));
    story.at(630).decide();
    let epoch = story.epoch();
    assert_eq!(story.intent("a"), Intent::Resumed { epoch });
    assert_eq!(story.decide().wake, Some(at(691)), "and then the lease bounds it");
}

#[test]
fn a_lost_target_does_not_hold_it_for_ever() {
    let mut story = cancelled();
    story.at(30).target = Target::Unknown;
    story.decide();
    let wake = story.decide().wake.unwrap();
    story.now = wake;
    story.decide();
    assert_eq!(story.intent("a"), Intent::Resumed { epoch: story.epoch() });
    story.now = story.decide().wake.unwrap();
    story.decide();
    assert_eq!(story.phase(), Some(Phase::Finished));
}

#[test]
fn a_member_that_stays_drained_again_stops_the_clock_of_the_lease() {
    let mut story = cancelled();
    story.at(30).patch("new").decide();
    assert!(story.status().resume_until.is_none(), "its lease is renewed");
    story.at(40).patch("old").counts(3, 3, 3).decide();
    assert_eq!(story.status().resume_until.unwrap().0, at(101));
    story.member("a").facts.drain = DrainFact::Resumed;
}
