//! Old answers say nothing: an answer counts for three rounds of asking, and only under the epoch in which it was asked for.

use upgradegate_crds::{MemberState, Phase};

use crate::kit::Story;

#[test]
fn an_answer_counts_for_three_rounds_and_no_longer() {
    let mut story = Story::draining();
    story.at(10).all_ready();
    story.at(16).decide();
    assert_eq!(story.phase(), Some(Phase::Open), "3 × (period 1 s + timeout 1 s)");
    story.at(17).decide();
    assert_eq!(story.phase(), Some(Phase::Draining), "one second later it is too old");
}

#[test]
fn an_answer_from_before_the_clock_was_set_back_is_as_old() {
    let mut story = Story::draining();
    story.at(100).all_ready();
    story.at(94).decide();
    assert_eq!(story.phase(), Some(Phase::Open), "a clock may be set right by a little");
    story.at(93).decide();
    assert_eq!(story.phase(), Some(Phase::Draining));
}

#[test]
fn the_rounds_follow_period_and_timeout() {
    let mut story = Story::new();
    (story.gate.spec.probe.period_seconds, story.gate.spec.probe.timeout_seconds) = (10, 5);
    story.decide();
    story.at(10).all_ready();
    story.at(55).decide();
    assert_eq!(story.phase(), Some(Phase::Open));
    story.at(56).decide();
    assert_eq!(story.phase(), Some(Phase::Draining));
}

#[test]
fn an_answer_of_another_epoch_counts_for_nothing() {
    let mut story = Story::draining();
    story.at(3).all_ready();
    story.member("a").facts.probe.as_mut().unwrap().epoch -= 1;
    story.decide();
    assert_eq!((story.phase(), story.status().members[0].state), (Some(Phase::Draining), MemberState::Draining));
}
