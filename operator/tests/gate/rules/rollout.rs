//! The rollout: who is drained while it runs, and what counts as progress.

use upgradegate_crds::Phase;
use upgradegate_operator::gate::{DrainFact, Intent, Revision, Target};

use crate::kit::{Story, at};

#[test]
fn members_of_the_wanted_template_are_never_drained() {
    let mut story = Story::rolling_out();
    story.at(21).joins("new-1", "new").counts(1, 4, 3).decide();
    assert_eq!(story.intent("new-1"), Intent::Idle);
}

#[test]
fn the_others_stay_drained_and_are_no_longer_asked() {
    let story = Story::rolling_out();
    let epoch = story.epoch();
    assert_eq!(story.intent("a"), Intent::Drained { epoch, probe: false });
}

#[test]
fn members_of_the_old_template_are_drained_on_sight() {
    let mut story = Story::rolling_out();
    story.at(21).joins("late-old", "old").decide();
    let epoch = story.epoch();
    assert_eq!(
        story.intent("late-old"),
        Intent::Drained { epoch, probe: false },
        "scaled up by the same patch (trap 33)"
    );
}

#[test]
fn a_drained_member_of_the_wanted_template_is_resumed_at_once() {
    let mut story = Story::open();
    story.joins("early", "new").at(12).all_ready().at(13).patch("new").decide();
    let epoch = story.epoch();
    assert_eq!(story.intent("early"), Intent::Resumed { epoch });
}

#[test]
fn a_member_of_unknown_template_is_neither_drained_nor_resumed() {
    let mut story = Story::rolling_out();
    story.joins("unknown", "new");
    story.member("unknown").revision = Revision::Unresolved;
    assert_eq!(story.intent("unknown"), Intent::Idle);
    let epoch = story.epoch();
    story.member("unknown").facts.drain = DrainFact::Acknowledged(epoch);
    assert_eq!(story.intent("unknown"), Intent::Drained { epoch, probe: false }, "a drained one stays so");
    // As every member is after a restart of the operator: it may be of the wanted template, which is never drained.
    story.member("unknown").facts.drain = DrainFact::Maybe;
    assert_eq!(story.intent("unknown"), Intent::Idle);
}

#[test]
fn terminating_members_are_left_alone() {
    let mut story = Story::rolling_out();
    story.terminates("a", 50);
    assert_eq!(story.intent("a"), Intent::Idle);
}

#[test]
fn counts_of_the_template_before_are_none() {
    let mut story = Story::rolling_out();
    let counted = story.at(21).counts(1, 4, 3).decide().status.rollout;
    assert_eq!(counted.as_ref().map(|counts| (counts.updated, counts.current, counts.available)), Some((1, 4, 3)));
    story.at(22).patch_unseen("newer").workload().updated = 3;
    assert_eq!(story.decide().status.rollout, counted, "those that were counted last stay");
}

#[test]
fn of_a_target_that_is_gone_who_still_terminates_is_counted() {
    let mut story = Story::rolling_out();
    story.at(21).terminates("a", 1000).target = Target::Missing;
    let counts = story.decide().status.rollout.unwrap();
    assert_eq!((counts.desired, counts.updated, counts.terminating), (0, 0, 1));
}

#[test]
fn every_change_of_the_counts_is_progress() {
    let mut story = Story::rolling_out();
    assert_eq!(story.decide().wake, Some(at(620)));
    story.at(100).counts(1, 4, 3);
    assert_eq!(story.decide().wake, Some(at(700)));
    story.at(200);
    assert_eq!(story.decide().wake, Some(at(700)), "the same counts are none");
}

#[test]
fn a_terminating_old_member_is_progress() {
    let mut story = Story::rolling_out();
    story.at(100).counts(2, 2, 2).terminates("a", 1000).leaves("b").leaves("c").decide();
    story.at(700).decide();
    assert_eq!(story.phase(), Some(Phase::RollingOut), "it finishes its work");
    story.at(710).leaves("a").decide();
    assert_eq!(story.decide().wake, Some(at(1310)));
}

#[test]
fn one_on_a_lost_node_is_none_once_its_grace_period_is_over() {
    for over in [130, 700] {
        let mut story = Story::rolling_out();
        story.at(100).terminates("a", over).decide();
        story.at(700).decide();
        assert_eq!(story.phase(), Some(Phase::Resuming), "it never goes, and every wait ends");
    }
}

#[test]
fn one_that_is_gone_is_none_even_if_the_target_cannot_be_read() {
    let mut story = Story::rolling_out();
    story.at(100).terminates("a", 1000).decide();
    story.at(200).leaves("a").target = Target::Unknown;
    story.decide();
    story.at(700).decide();
    assert_eq!(story.phase(), Some(Phase::Resuming), "every wait ends");
}

#[test]
fn a_terminating_new_member_is_none() {
    let mut story = Story::rolling_out();
    story.joins("new-1", "new").terminates("new-1", 1000);
    story.at(100).counts(1, 4, 3).decide();
    story.at(700).decide();
    assert_eq!(story.phase(), Some(Phase::Resuming));
}

#[test]
fn a_target_that_cannot_be_read_keeps_the_counts_and_the_time() {
    let mut story = Story::rolling_out();
    story.at(100).counts(1, 4, 3).decide();
    let rollout = story.status().rollout;
    story.at(200).target = Target::Unknown;
    let decision = story.decide();
    assert_eq!((decision.status.rollout, decision.wake), (rollout, Some(at(700))));
}
