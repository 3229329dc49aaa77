//! How a rollout ends: complete, back, failed, stuck.

use upgradegate_crds::{Outcome, Phase};
use upgradegate_operator::gate::Target;

use crate::kit::{Story, at};

#[test]
fn it_is_complete_by_generation_and_counts() {
    let mut story = Story::rolling_out();
    for (updated, current, available) in [(2, 3, 3), (3, 4, 3), (3, 3, 2), (0, 3, 3)] {
        story.at(30).counts(updated, current, available).decide();
        assert_eq!(story.phase(), Some(Phase::RollingOut), "{updated} new, {current} in all, {available} available");
    }
    story.at(40).counts(3, 3, 3).decide();
    assert_eq!(story.outcome(), Some(Outcome::Completed));
    assert!(story.status().message.contains("3 of 3 pods are new"), "{}", story.status().message);
}

#[test]
fn more_replicas_in_the_same_patch_have_to_come_too() {
    let mut story = Story::open();
    story.at(20).patch("new").workload().desired = 5;
    story.counts(3, 3, 3).decide();
    assert_eq!(story.phase(), Some(Phase::RollingOut), "trap 33");
    story.at(30).counts(5, 5, 5).decide();
    assert_eq!(story.outcome(), Some(Outcome::Completed));
}

#[test]
fn a_target_scaled_to_zero_is_complete_without_pods() {
    let mut story = Story::rolling_out();
    story.workload().desired = 0;
    story.at(30).counts(0, 0, 0).decide();
    assert_eq!(story.outcome(), Some(Outcome::Completed));
}

#[test]
fn back_at_baseline_is_rolled_back() {
    let mut story = Story::rolling_out();
    story.at(30).counts(1, 4, 3).decide();
    story.at(40).patch("old").decide();
    assert_eq!(story.outcome(), Some(Outcome::RolledBack));
}

#[test]
fn a_third_template_is_one_more_rollout() {
    let mut story = Story::rolling_out();
    story.at(30).counts(1, 4, 3).patch("newer").decide();
    assert_eq!(story.phase(), Some(Phase::RollingOut));
    story.at(60).counts(3, 3, 3).decide();
    assert_eq!(story.outcome(), Some(Outcome::Completed));
}

#[test]
fn another_object_with_the_old_template_is_no_rollback() {
    let mut story = Story::rolling_out();
    story.at(30).patch("old").workload().uid = "uid-after-a-forced-replace".into();
    story.counts(0, 3, 3).decide();
    assert_eq!(story.phase(), Some(Phase::RollingOut), "trap 12");
    story.at(40).counts(3, 3, 3).decide();
    assert_eq!(story.outcome(), Some(Outcome::Completed));
}

#[test]
fn the_targets_own_verdict_fails_it() {
    let mut story = Story::rolling_out();
    story.at(100).counts(1, 4, 3).workload().failed_since = Some(at(99));
    story.decide();
    assert_eq!(story.outcome(), Some(Outcome::RolloutFailed));
    assert!(story.status().message.contains("1 of 3 pods are new"), "{}", story.status().message);
}

#[test]
fn counts_and_verdict_of_the_generation_before_say_nothing() {
    let mut story = Story::rolling_out();
    story.at(30).counts(3, 3, 3).patch_unseen("newer").workload().failed_since = Some(at(29));
    story.decide();
    assert_eq!(story.phase(), Some(Phase::RollingOut), "trap 35");
}

#[test]
fn a_patch_counts_once_the_target_has_counted_it() {
    let mut story = Story::open();
    story.at(12).all_ready().patch_unseen("new").decide();
    assert_eq!(story.phase(), Some(Phase::Open), "complete by the counts of before (trap 35)");
    story.at(13).counts(0, 3, 3).decide();
    assert_eq!(story.phase(), Some(Phase::RollingOut));
}

#[test]
fn a_verdict_from_before_the_gate_opened_says_nothing() {
    for since in [-60, 5] {
        let mut story = Story::rolling_out();
        story.at(21).counts(0, 4, 3).workload().failed_since = Some(at(since));
        story.decide();
        assert_eq!(story.phase(), Some(Phase::RollingOut), "of the rollout before, at {since} s");
    }
}

#[test]
fn no_progress_fails_it() {
    let mut story = Story::rolling_out();
    story.at(100).counts(1, 4, 3).decide();
    story.at(699).decide();
    assert_eq!(story.phase(), Some(Phase::RollingOut));
    story.at(700).decide();
    assert_eq!(story.outcome(), Some(Outcome::RolloutFailed));
    assert!(story.status().message.contains("no progress until 14:11:40"), "{}", story.status().message);
}

#[test]
fn a_target_that_stays_gone_fails_it() {
    let mut story = Story::open();
    story.at(20).target = Target::Missing;
    story.members.known.clear();
    story.decide();
    assert_eq!(story.phase(), Some(Phase::RollingOut));
    story.at(620).decide();
    assert_eq!((story.outcome(), story.phase()), (Some(Outcome::RolloutFailed), Some(Phase::Finished)));
}

#[test]
fn a_target_that_cannot_be_read_for_too_long_fails_it() {
    let mut story = Story::rolling_out();
    story.at(30).target = Target::Unknown;
    story.decide();
    story.at(620).decide();
    assert_eq!(story.outcome(), Some(Outcome::RolloutFailed), "every wait ends");
}
