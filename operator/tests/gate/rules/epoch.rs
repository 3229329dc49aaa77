//! The epoch: it starts from the clock, and grows above all that anybody has seen.

use upgradegate_crds::Phase;
use upgradegate_operator::gate::{DrainFact, Intent};

use crate::kit::{Story, at, gate};

#[test]
fn it_is_above_the_epochs_of_all_gates_of_the_target() {
    let mut story = Story::new();
    let mut finished = gate("finished");
    let status = finished.status.get_or_insert_default();
    (status.epoch, status.phase) = (Some(at(9_999).as_millisecond()), Some(Phase::Finished));
    story.rivals = vec![finished];
    story.decide();
    assert_eq!(story.epoch(), at(9_999).as_millisecond() + 1, "a clock that went back does not matter");
}

#[test]
fn a_409_raises_it_and_all_members_drain_anew() {
    let mut story = Story::draining();
    let first = story.epoch();
    story.at(1).all_ready();
    story.member("b").facts.conflict = Some(first + 7);
    story.member("b").facts.drain = DrainFact::Maybe;
    let decision = story.decide();
    assert_eq!(story.epoch(), first + 8);
    assert_eq!(story.phase(), Some(Phase::Draining), "what was acknowledged under the old epoch does not count");
    assert_eq!(decision.intents["a"], Intent::Drained { epoch: first + 8, probe: true });

    story.member("b").facts.conflict = None;
    story.at(2).all_ready().decide();
    assert_eq!(story.phase(), Some(Phase::Open));
}

#[test]
fn a_409_with_a_lower_epoch_changes_nothing() {
    let mut story = Story::draining();
    let first = story.epoch();
    story.member("b").facts.conflict = Some(first - 1);
    story.at(1).decide();
    assert_eq!(story.epoch(), first);
}

#[test]
fn a_member_that_claims_the_highest_epoch_of_all_breaks_nothing() {
    let mut story = Story::draining();
    story.member("b").facts.conflict = Some(i64::MAX);
    story.at(1).decide();
    assert_eq!(story.epoch(), i64::MAX);
    story.member("b").facts.drain = DrainFact::Maybe;
    story.at(180).decide();
    assert_eq!(story.phase(), Some(Phase::Resuming));
}
