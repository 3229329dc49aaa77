//! How an open gate ends without a rollout: nobody came, it brought nothing, or it came around the gate.

use upgradegate_crds::{ActionType, Outcome, Phase};
use upgradegate_operator::gate::Target;

use crate::kit::{Story, at};

#[test]
fn nobody_came_until_open_until() {
    let mut story = Story::open();
    let decision = story.at(479).all_ready().decide();
    assert_eq!((story.phase(), decision.wake), (Some(Phase::Open), Some(at(480))));
    story.at(480).all_ready().decide();
    assert_eq!((story.outcome(), story.phase()), (Some(Outcome::NotUsed), Some(Phase::Resuming)));
    assert!(story.status().message.contains("14:08:00"), "{}", story.status().message);
}

#[test]
fn a_gate_that_closed_again_ends_at_open_until_too() {
    let mut story = Story::open();
    story.at(300).busy("a").decide();
    story.at(480).busy("a").decide();
    assert_eq!(story.outcome(), Some(Outcome::NotUsed));
}

#[test]
fn open_until_moves_with_the_deadline() {
    let mut story = Story::open();
    story.gate.spec.deadline_seconds = 240;
    story.at(20).all_ready().decide();
    assert_eq!(story.status().open_until.unwrap().0, at(540));
}

#[test]
fn a_template_that_comes_before_the_gate_was_open_is_a_bypass() {
    let mut story = Story::draining();
    story.at(5).busy("a").patch("new").decide();
    assert_eq!((story.outcome(), story.phase()), (Some(Outcome::Bypassed), Some(Phase::Resuming)));
}

#[test]
fn a_template_that_comes_together_with_the_quorum_is_a_bypass() {
    let mut story = Story::draining();
    story.at(5).all_ready().patch("new").decide();
    assert_eq!(story.outcome(), Some(Outcome::Bypassed), "nobody was let through");
}

#[test]
fn once_open_a_template_is_never_a_bypass() {
    let mut story = Story::open();
    story.at(12).busy("a").decide();
    assert_eq!(story.phase(), Some(Phase::Draining));
    story.at(13).patch("new").decide();
    assert_eq!((story.outcome(), story.phase()), (None, Some(Phase::RollingOut)));
}

#[test]
fn a_target_that_is_gone_or_another_object_is_a_rollout() {
    let mut story = Story::open();
    story.at(12).target = Target::Missing;
    story.decide();
    assert_eq!(story.phase(), Some(Phase::RollingOut));

    let mut story = Story::open();
    story.at(12).workload().uid = "uid-after-a-forced-replace".into();
    story.counts(0, 3, 3).decide();
    assert_eq!(story.phase(), Some(Phase::RollingOut));
}

#[test]
fn a_target_that_cannot_be_read_decides_nothing() {
    let mut story = Story::open();
    story.at(12).target = Target::Unknown;
    story.all_ready().decide();
    assert_eq!(story.phase(), Some(Phase::Open));
}

#[test]
fn finish_without_a_new_template_is_unchanged() {
    let mut story = Story::open();
    story.at(15).order(ActionType::Finish, "hook").decide();
    assert_eq!((story.outcome(), story.phase()), (Some(Outcome::Unchanged), Some(Phase::Resuming)));
    assert_eq!(story.status().action.unwrap().type_, ActionType::Finish);
}

#[test]
fn finish_after_the_template_came_lets_the_rollout_go_on() {
    let mut story = Story::open();
    story.at(15).order(ActionType::Finish, "hook").patch("new").decide();
    assert_eq!((story.outcome(), story.phase()), (None, Some(Phase::RollingOut)));
    story.at(40).counts(3, 3, 3).decide();
    assert_eq!(story.outcome(), Some(Outcome::Completed));
}

#[test]
fn finish_is_not_acted_on_while_the_target_cannot_be_read() {
    let mut story = Story::open();
    story.at(15).order(ActionType::Finish, "hook").target = Target::Unknown;
    story.all_ready().decide();
    assert_eq!((story.outcome(), story.phase()), (None, Some(Phase::Open)));
}
