//! The deadline: from creation to open.

use upgradegate_crds::{OnDeadline, OpenedByType, Outcome, Phase};

use crate::kit::{Story, at};

#[test]
fn a_late_gate_fails_and_names_the_blockers() {
    let mut story = Story::draining();
    story.at(131).ready("a").busy("b").silent("c");
    story.at(180).decide();
    assert_eq!((story.outcome(), story.phase()), (Some(Outcome::DeadlineExceeded), Some(Phase::Resuming)));
    let message = story.status().message;
    assert!(message.starts_with("The deadline (14:03:00) passed: 0/3 ready; "), "{message}");
}

#[test]
fn it_holds_one_second_before() {
    let mut story = Story::draining();
    let decision = story.at(179).busy("a").decide();
    assert_eq!((story.outcome(), decision.wake), (None, Some(at(180))));
}

#[test]
fn proceed_opens_and_stays_open() {
    let mut story = Story::new();
    story.gate.spec.on_deadline = OnDeadline::Proceed;
    story.decide();
    story.at(180).busy("a").decide();
    assert_eq!(story.phase(), Some(Phase::Open));
    assert_eq!(story.status().opened_by.unwrap().type_, OpenedByType::Deadline);
    story.at(190).busy("a").decide();
    assert_eq!(story.phase(), Some(Phase::Open), "busy members do not close it any more");
}

#[test]
fn proceed_stays_open_though_the_deadline_is_moved() {
    let mut story = Story::new();
    story.gate.spec.on_deadline = OnDeadline::Proceed;
    story.decide();
    story.at(180).busy("a").decide();
    story.gate.spec.deadline_seconds = 600;
    story.at(181).busy("a").decide();
    assert_eq!(story.phase(), Some(Phase::Open), "what was decided stays decided");
}

#[test]
fn proceed_does_not_even_wait_for_the_members_to_be_known() {
    let mut story = Story::new();
    story.gate.spec.on_deadline = OnDeadline::Proceed;
    (story.members.whole, story.members.heard) = (false, false);
    story.decide();
    story.at(180).decide();
    assert_eq!(story.phase(), Some(Phase::Open));
}

#[test]
fn a_quorum_in_the_last_second_wins() {
    let mut story = Story::draining();
    story.at(180).all_ready().decide();
    assert_eq!(story.phase(), Some(Phase::Open));
}

#[test]
fn a_deadline_that_is_moved_during_the_run_counts() {
    let mut story = Story::draining();
    story.gate.spec.deadline_seconds = 300;
    let decision = story.at(181).busy("a").decide();
    assert_eq!((story.phase(), decision.wake), (Some(Phase::Draining), Some(at(300))));
    assert_eq!(story.status().deadline.unwrap().0, at(300));
    story.gate.spec.deadline_seconds = 100;
    story.at(182).decide();
    assert_eq!(story.outcome(), Some(Outcome::DeadlineExceeded));
}

#[test]
fn the_deadline_is_no_matter_once_the_gate_was_open() {
    let mut story = Story::open();
    story.at(180).busy("a").decide();
    assert_eq!((story.phase(), story.outcome()), (Some(Phase::Draining), None));
    assert_eq!(story.decide().wake, Some(at(480)), "what ends it now is openUntil");
}

#[test]
fn a_gate_that_may_proceed_is_looked_at_at_its_deadline_while_it_is_closed() {
    let mut story = Story::new();
    story.gate.spec.on_deadline = OnDeadline::Proceed;
    assert_eq!(story.decide().wake, Some(at(180)));
    assert_eq!(story.at(10).all_ready().decide().wake, Some(at(480)), "open: nothing happens at the deadline");
    let closed = story.at(11).all_ready().busy("a").decide();
    assert_eq!((story.phase(), closed.wake), (Some(Phase::Draining), Some(at(180))));
}
