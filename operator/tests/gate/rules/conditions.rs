//! The conditions, as `kubectl wait` and kstatus read them.

use upgradegate_crds::{ActionType, OnDeadline, Outcome, Phase};
use upgradegate_operator::gate::Target;

use crate::kit::{
    Story, at, gate,
    status::{condition, is_open},
};

/// Status and reason of `Ready`: `False: MembersNotReady`; empty if it is absent.
fn ready(story: &Story) -> String {
    let status = story.status();
    condition(&status, "Ready").map_or_else(String::new, |(holds, reason)| format!("{holds}: {reason}"))
}

#[test]
fn ready_says_in_each_phase_why() {
    let mut looking = Story::new();
    looking.target = Target::Unknown;
    looking.at(2).decide();
    assert_eq!(ready(&looking), "False: LookingForTarget", "or kstatus takes it for settled (trap 16)");

    let mut waiting = Story::new();
    let mut older = gate("older");
    older.status.get_or_insert_default().epoch = Some(1);
    waiting.rivals = vec![older];
    waiting.decide();
    assert_eq!(ready(&waiting), "False: WaitingForOlderGate");

    assert_eq!(ready(&Story::draining()), "False: MembersNotReady");
    assert_eq!(ready(&Story::open()), "True: MembersReady");
    assert_eq!(ready(&Story::rolling_out()), "False: RollingOut");
}

#[test]
fn ready_says_what_opened_the_gate() {
    let mut nobody = Story::new();
    nobody.members.known.clear();
    nobody.decide();
    assert_eq!(ready(&nobody), "True: NoMembers");

    let mut late = Story::new();
    late.gate.spec.on_deadline = OnDeadline::Proceed;
    late.decide();
    late.at(180).decide();
    assert_eq!(ready(&late), "True: DeadlinePassed");

    let mut ordered = Story::draining();
    ordered.order(ActionType::Open, "now").decide();
    assert_eq!(ready(&ordered), "True: OpenedByAction");
}

#[test]
fn after_a_good_end_ready_is_absent() {
    let mut story = Story::rolling_out();
    story.at(30).counts(3, 3, 3).decide();
    assert_eq!((story.phase(), ready(&story).as_str()), (Some(Phase::Resuming), ""));
    story.at(100).decide();
    let status = story.status();
    assert_eq!(condition(&status, "Complete"), Some(("True", "Completed")));
    assert_eq!((condition(&status, "Failed"), condition(&status, "Stalled")), (None, None));
    assert_eq!(ready(&story), "");
}

#[test]
fn after_a_bad_end_ready_is_false_with_the_outcome() {
    let mut story = Story::draining();
    story.at(179).all_ready().busy("a").at(180).decide();
    assert_eq!(ready(&story), "False: DeadlineExceeded");
    let resuming = story.status();
    assert_eq!((condition(&resuming, "Failed"), condition(&resuming, "Stalled")), (None, None), "not before the end");
    story.at(300).decide();
    let status = story.status();
    assert_eq!(status.outcome, Some(Outcome::DeadlineExceeded));
    for type_ in ["Failed", "Stalled"] {
        assert_eq!(condition(&status, type_), Some(("True", "DeadlineExceeded")));
    }
    assert_eq!(condition(&status, "Complete"), None);
}

#[test]
fn every_bad_end_is_a_failure() {
    for outcome in [Outcome::Invalid, Outcome::Expired, Outcome::NotUsed, Outcome::Superseded, Outcome::RolledBack] {
        assert!(!outcome.is_good());
    }
    assert!(Outcome::Completed.is_good() && Outcome::Unchanged.is_good());
}

#[test]
fn the_transition_time_moves_only_with_the_status() {
    let mut story = Story::draining();
    let since = |story: &Story| story.status().conditions[0].last_transition_time.0;
    story.at(20).ready("a").busy("b").decide();
    assert_eq!(since(&story), at(0), "a message changed");
    story.at(30).all_ready().decide();
    assert!(is_open(&story.status()));
    assert_eq!(since(&story), at(30));
    story.at(40).busy("a").decide();
    assert_eq!(since(&story), at(40));
}

#[test]
fn each_says_the_generation_and_the_sentence() {
    let mut story = Story::open();
    story.gate.metadata.generation = Some(7);
    story.at(11).all_ready().decide();
    let status = story.status();
    assert_eq!(status.observed_generation, 7);
    for condition in &status.conditions {
        assert_eq!(condition.observed_generation, Some(7));
        assert_eq!(condition.message, status.message);
    }
}
