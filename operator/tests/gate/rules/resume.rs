//! Resume, one rule for every ending: wanted at once, others when nobody replaces them, terminating never.

use upgradegate_crds::{ActionType, Outcome, Phase};
use upgradegate_operator::gate::{DrainFact, Intent, Lifecycle, Revision};

use crate::kit::{Story, at, gate};

/// What ends a run.
type End = fn(&mut Story) -> &mut Story;

/// All members are told to work again, and then the run is over.
fn resumes_everybody(story: &mut Story) {
    assert_eq!(story.phase(), Some(Phase::Resuming));
    let epoch = story.epoch();
    for member in story.members.known.clone() {
        assert_eq!(story.intent(&member.name), Intent::Resumed { epoch }, "{}", member.name);
        story.member(&member.name).facts.drain = DrainFact::Resumed;
    }
    story.decide();
    assert_eq!(story.phase(), Some(Phase::Finished));
}

#[test]
fn every_end_without_a_rollout_resumes_everybody_at_once() {
    let ends: [(Outcome, End); 4] = [
        (Outcome::Cancelled, |story| story.at(20).order(ActionType::Cancel, "no")),
        (Outcome::Cancelled, |story| story.at(20).delete()),
        (Outcome::Unchanged, |story| story.at(20).order(ActionType::Finish, "hook")),
        (Outcome::NotUsed, |story| story.at(480)),
    ];
    for (outcome, end) in ends {
        let mut story = Story::open();
        end(&mut story);
        story.decide();
        assert_eq!(story.outcome(), Some(outcome));
        resumes_everybody(&mut story);
    }
}

#[test]
fn a_late_gate_resumes_everybody_also_members_of_older_templates() {
    let mut story = Story::draining();
    story.member("b").revision = Revision::Known("older".into());
    story.member("c").revision = Revision::Unresolved;
    story.at(100).all_ready().busy("a").at(180).decide();
    assert_eq!(story.outcome(), Some(Outcome::DeadlineExceeded));
    resumes_everybody(&mut story);
}

#[test]
fn only_those_that_were_drained_are_resumed() {
    let mut story = Story::draining();
    story.at(5).ready("a").order(ActionType::Cancel, "no").decide();
    assert_eq!((story.intent("b"), story.intent("c")), (Intent::Idle, Intent::Idle));
    story.member("b").facts.drain = DrainFact::Maybe;
    let epoch = story.epoch();
    assert_eq!(story.intent("b"), Intent::Resumed { epoch }, "told without an answer may be drained");
}

#[test]
fn old_members_wait_until_a_cancelled_rollout_is_complete() {
    let mut story = Story::rolling_out();
    story.at(30).counts(1, 4, 3).order(ActionType::Cancel, "no").decide();
    let epoch = story.epoch();
    assert_eq!(story.intent("a"), Intent::Drained { epoch, probe: false }, "the rollout is about to replace it");
    story.at(40).leaves("b").leaves("c").counts(3, 3, 3).decide();
    resumes_everybody(&mut story);
}

#[test]
fn a_bypass_resumes_old_members_only_after_the_rollout() {
    let mut story = Story::draining();
    story.at(5).all_ready().busy("a").patch("new").decide();
    assert_eq!(story.outcome(), Some(Outcome::Bypassed));
    let epoch = story.epoch();
    assert_eq!(story.intent("a"), Intent::Drained { epoch, probe: false });
    story.at(30).counts(3, 3, 3).decide();
    resumes_everybody(&mut story);
}

#[test]
fn a_rolled_back_target_has_its_members_back_at_once() {
    let mut story = Story::rolling_out();
    story.at(30).joins("new-1", "new").counts(1, 4, 3).decide();
    story.at(40).patch("old").decide();
    let epoch = story.epoch();
    assert_eq!(story.outcome(), Some(Outcome::RolledBack));
    assert_eq!(
        story.intent("a"),
        Intent::Resumed { epoch },
        "or the rollback waits for pods that nobody resumes (trap 9)"
    );
    assert_eq!(story.intent("new-1"), Intent::Idle, "it was never drained");
}

#[test]
fn a_failed_rollout_gives_the_old_members_back() {
    let mut story = Story::rolling_out();
    story.at(100).counts(1, 4, 3).workload().failed_since = Some(at(99));
    story.decide();
    assert_eq!(story.outcome(), Some(Outcome::RolloutFailed));
    resumes_everybody(&mut story);
}

#[test]
fn a_template_that_comes_while_resuming_keeps_the_rest_drained() {
    let mut story = Story::open();
    story.at(480).decide();
    assert_eq!(story.outcome(), Some(Outcome::NotUsed));
    story.member("a").facts.drain = DrainFact::Resumed;
    story.at(481).patch("new").decide();
    let epoch = story.epoch();
    assert_eq!((story.intent("a"), story.intent("b")), (Intent::Idle, Intent::Drained { epoch, probe: false }));
    story.at(490).patch("old").decide();
    assert_eq!(story.intent("b"), Intent::Resumed { epoch });
}

#[test]
fn terminating_members_are_never_resumed() {
    let mut story = Story::open();
    story.at(20).order(ActionType::Cancel, "no").member("a").lifecycle = Lifecycle::Terminating;
    story.decide();
    assert_eq!(story.intent("a"), Intent::Idle);
}

#[test]
fn a_terminating_member_holds_no_end_up() {
    let mut story = Story::open();
    story.at(20).order(ActionType::Cancel, "no").terminates("a", 50).leaves("b").leaves("c").decide();
    assert_eq!(story.phase(), Some(Phase::Finished));
}

#[test]
fn a_relabelled_member_is_resumed_in_every_phase() {
    for mut story in [Story::draining(), Story::open(), Story::rolling_out()] {
        story.ready("a").member("a").belongs = false;
        story.decide();
        let epoch = story.epoch();
        assert_eq!(story.intent("a"), Intent::Resumed { epoch }, "nobody replaces it (trap 10)");
    }
}

#[test]
fn a_superseded_run_hands_over_what_it_drained() {
    let mut newer = gate("newer");
    newer.metadata.creation_timestamp.as_mut().unwrap().0 = at(29);
    let mut story = Story::rolling_out();
    story.at(25).joins("new-1", "new").counts(1, 4, 3).ready("new-1");
    story.rivals = vec![newer];
    story.at(30).decide();
    let epoch = story.epoch();
    assert_eq!(story.outcome(), Some(Outcome::Superseded));
    assert_eq!(story.intent("a"), Intent::Idle, "the newer gate drains it at once");
    assert_eq!(story.intent("new-1"), Intent::Resumed { epoch });
    story.member("new-1").facts.drain = DrainFact::Resumed;
    story.decide();
    assert_eq!(story.phase(), Some(Phase::Finished));
}

#[test]
fn after_a_restart_everybody_may_be_drained() {
    let mut story = Story::open();
    story.at(15).order(ActionType::Cancel, "no").decide();
    story.at(16).restart().decide();
    resumes_everybody(&mut story);
}
