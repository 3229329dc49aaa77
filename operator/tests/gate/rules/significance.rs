//! What is written at once, what may wait, and that time alone writes nothing.

use upgradegate_crds::{ActionType, UpgradeGateStatus};
use upgradegate_operator::gate::{Significance, significance};

use crate::kit::Story;

/// How much the next decision changes.
fn weight(story: &mut Story) -> Significance {
    let before = story.status();
    significance(&before, &story.decide().status)
}

#[test]
fn a_later_answer_of_the_same_kind_writes_nothing() {
    let mut story = Story::draining();
    story.at(5).busy("a").ready("b").ready("c").decide();
    for second in [6, 7, 60, 170] {
        let since = story.member("a").facts.since;
        story.at(second).busy("a").ready("b").ready("c");
        for name in ["a", "b", "c"] {
            story.member(name).facts.since = since;
        }
        assert_eq!(weight(&mut story), Significance::None, "at {second} s");
    }
}

#[test]
fn an_open_gate_and_a_rollout_write_nothing_as_time_passes() {
    let mut open = Story::open();
    open.at(200).all_ready();
    assert_eq!(weight(&mut open), Significance::None);
    let mut rolling_out = Story::rolling_out();
    rolling_out.at(300);
    assert_eq!(weight(&mut rolling_out), Significance::None);
}

#[test]
fn counts_members_and_sentences_may_wait() {
    let mut story = Story::draining();
    story.at(5).busy("a");
    assert_eq!(weight(&mut story), Significance::Progress);
    let mut story = Story::rolling_out();
    story.at(30).counts(1, 4, 3);
    assert_eq!(weight(&mut story), Significance::Progress, "the progress deadline moves with the counts");
}

#[test]
fn what_others_act_on_is_written_at_once() {
    let mut story = Story::new();
    assert_eq!(weight(&mut story), Significance::Transition, "first sight");
    story.at(10).all_ready();
    assert_eq!(weight(&mut story), Significance::Transition, "open");
    story.at(11).busy("a");
    assert_eq!(weight(&mut story), Significance::Transition, "closed");
    story.gate.metadata.generation = Some(2);
    assert_eq!(weight(&mut story), Significance::Transition, "the spec was seen");
    story.gate.spec.deadline_seconds += 1;
    assert_eq!(weight(&mut story), Significance::Transition, "another deadline");
    story.at(20).patch("new");
    assert_eq!(weight(&mut story), Significance::Transition, "the rollout begins");
    story.at(30).order(ActionType::Cancel, "no");
    assert_eq!(weight(&mut story), Significance::Transition, "the outcome");
}

#[test]
fn they_are_ordered() {
    assert!(Significance::None < Significance::Progress && Significance::Progress < Significance::Transition);
    let status = UpgradeGateStatus::default();
    assert_eq!(significance(&status, &status), Significance::None);
}
