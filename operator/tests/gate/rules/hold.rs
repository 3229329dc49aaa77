//! Drain and probe; open with the quorum; close again for those who still wait.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use upgradegate_crds::{MemberState, OpenedByType, Phase};
use upgradegate_operator::gate::{DrainFact, Facts, Intent, Lifecycle, Members, Revision, Trouble};

use crate::kit::{Story, at, member};

#[test]
fn every_member_is_drained_and_probed_whatever_its_revision() {
    let mut story = Story::draining();
    story.member("b").revision = Revision::Known("older".into());
    story.member("c").revision = Revision::Unresolved;
    let epoch = story.epoch();
    for name in ["a", "b", "c"] {
        assert_eq!(story.intent(name), Intent::Drained { epoch, probe: true });
    }
}

#[test]
fn the_gate_opens_when_the_last_member_is_ready() {
    let mut story = Story::draining();
    story.at(3).ready("a").ready("b").busy("c").decide();
    assert_eq!(story.phase(), Some(Phase::Draining));
    story.at(4).ready("c").decide();
    assert_eq!(story.phase(), Some(Phase::Open));
    assert_eq!(story.status().opened_by.unwrap().type_, OpenedByType::Quorum);
    assert_eq!(story.status().opened_at.unwrap().0, at(4));
    assert_eq!(story.status().open_until.unwrap().0, at(480), "the deadline and five minutes");
}

#[test]
fn a_member_that_turns_busy_closes_the_gate_and_it_opens_again() {
    let mut story = Story::open();
    story.at(12).busy("b").decide();
    assert_eq!(story.phase(), Some(Phase::Draining));
    assert_eq!(story.status().opened_at.unwrap().0, at(10), "whoever was let through is let through");
    story.at(14).all_ready().decide();
    assert_eq!(story.phase(), Some(Phase::Open));
    assert_eq!(story.status().opened_at.unwrap().0, at(10));
}

#[test]
fn an_open_gate_goes_on_draining_and_probing() {
    let story = Story::open();
    let epoch = story.epoch();
    assert_eq!(story.intent("a"), Intent::Drained { epoch, probe: true });
}

#[test]
fn silence_errors_and_a_failed_drain_hold_the_gate() {
    let mut story = Story::draining();
    story.at(3).all_ready().silent("a");
    story.decide();
    assert_eq!((story.phase(), story.status().members[0].state), (Some(Phase::Draining), MemberState::Unreachable));

    story.all_ready();
    let why = Trouble::DrainStatus { method: "POST", path: "/drain".into(), code: 500 };
    story.member("a").facts.drain_trouble = Some(why);
    story.decide();
    assert_eq!((story.phase(), story.status().members[0].state), (Some(Phase::Draining), MemberState::Unreachable));
}

#[test]
fn readiness_without_the_acknowledged_drain_counts_for_nothing() {
    for drain in [DrainFact::Never, DrainFact::Maybe, DrainFact::Resumed, DrainFact::Acknowledged(1)] {
        let mut story = Story::draining();
        story.at(3).all_ready();
        story.member("a").facts.drain = drain;
        story.decide();
        assert_eq!((story.phase(), story.status().members[0].state), (Some(Phase::Draining), MemberState::Draining));
    }
}

#[test]
fn without_a_drain_the_answer_alone_counts() {
    let mut story = Story::new();
    story.gate.spec.drain = None;
    let decision = story.decide();
    assert!(!decision.finalizer);
    story.at(3).all_ready();
    for name in ["a", "b", "c"] {
        story.member(name).facts.drain = DrainFact::Never;
    }
    story.decide();
    assert_eq!(story.phase(), Some(Phase::Open));
}

#[test]
fn a_member_that_was_not_asked_is_unreachable_without_a_drain() {
    let mut story = Story::new();
    story.gate.spec.drain = None;
    story.decide();
    assert_eq!((story.phase(), story.status().members[0].state), (Some(Phase::Draining), MemberState::Unreachable));
}

#[test]
fn a_member_that_appears_in_the_middle_is_included() {
    let mut story = Story::open();
    story.at(11).joins("d", "old").decide();
    assert_eq!((story.phase(), story.status().pods.unwrap().summary), (Some(Phase::Draining), "3/4".into()));
    story.at(12).all_ready().decide();
    assert_eq!(story.phase(), Some(Phase::Open));
}

#[test]
fn a_restarted_member_starts_over() {
    let mut story = Story::open();
    story.member("b").facts = Facts::default();
    story.at(11).decide();
    assert_eq!(story.phase(), Some(Phase::Draining));
}

#[test]
fn members_that_do_no_work_hold_nothing_up() {
    let mut story = Story::draining();
    story.at(3).ready("c");
    story.member("a").lifecycle = Lifecycle::Idle;
    story.member("b").lifecycle = Lifecycle::Terminating;
    story.decide();
    assert_eq!((story.phase(), story.status().pods.unwrap().summary), (Some(Phase::Open), "1/1".into()));
    assert_eq!(story.intent("b"), Intent::Idle, "a terminating member is left alone");
}

#[test]
fn a_pod_that_left_the_target_does_not_count_and_is_resumed() {
    let mut story = Story::draining();
    story.at(3).all_ready();
    story.member("a").belongs = false;
    story.decide();
    assert_eq!((story.phase(), story.status().pods.unwrap().summary), (Some(Phase::Open), "2/2".into()));
    let epoch = story.epoch();
    assert_eq!(story.intent("a"), Intent::Resumed { epoch });
}

#[test]
fn no_members_open_the_gate_at_once_but_only_if_that_is_known() {
    let mut story = Story::new();
    story.members = Members { known: Vec::new(), whole: false, heard: false };
    story.decide();
    assert_eq!(story.phase(), Some(Phase::Draining), "a list that is not whole says nothing about who is missing");
    story.members = Members { known: Vec::new(), whole: true, heard: true };
    story.at(1).decide();
    assert_eq!(story.phase(), Some(Phase::Open));
    assert_eq!(story.status().opened_by.unwrap().type_, OpenedByType::NoMembers);
}

#[test]
fn a_gate_opened_for_want_of_members_closes_when_one_appears() {
    let mut story = Story::new();
    story.members.known.clear();
    story.decide();
    assert_eq!(story.phase(), Some(Phase::Open));
    story.at(1).joins("d", "old").decide();
    assert_eq!(story.phase(), Some(Phase::Draining));
}

#[test]
fn after_a_restart_an_open_gate_stays_open_until_everybody_was_heard() {
    let mut story = Story::open();
    story.at(11).restart().decide();
    assert_eq!(story.phase(), Some(Phase::Open), "who is silent was not asked yet");
    story.at(12).all_ready().busy("a");
    story.members.heard = true;
    story.decide();
    assert_eq!(story.phase(), Some(Phase::Draining));
}

#[test]
fn after_a_restart_a_closed_gate_does_not_open_on_half_the_answers() {
    let mut story = Story::draining();
    story.at(5).all_ready();
    story.members.whole = false;
    story.decide();
    assert_eq!(story.phase(), Some(Phase::Draining));
    (story.members.whole, story.members.heard) = (true, false);
    story.decide();
    assert_eq!(story.phase(), Some(Phase::Draining));
}

#[test]
fn after_a_restart_an_open_gate_keeps_its_counts_until_everybody_was_heard() {
    let mut story = Story::open();
    story.at(20).restart().decide();
    assert_eq!(story.status().pods.unwrap().ready, 3, "nobody was heard yet");
    story.at(21).all_ready().busy("a").members.heard = true;
    story.decide();
    assert_eq!(story.status().pods.unwrap().busy, 1);
}

#[test]
fn an_open_gate_tells_who_is_busy_and_a_closed_one_who_was_not_heard() {
    let mut story = Story::new();
    story.gate.spec.min_ready = IntOrString::Int(2);
    story.decide();
    story.at(10).all_ready().decide();
    story.at(11).all_ready().busy("a").decide();
    let pods = story.status().pods.unwrap();
    assert_eq!((story.phase(), pods.ready, pods.busy), (Some(Phase::Open), 2, 1));
    let mut closed = Story::draining();
    closed.at(3).busy("a").restart().decide();
    assert_eq!(closed.status().pods.unwrap().draining, 3);
    closed.members.whole = false;
    closed.members.known.truncate(1);
    closed.at(4).decide();
    assert_eq!(closed.status().pods.unwrap().total, 3, "half a list is not written as the whole");
}

#[test]
fn an_answer_or_its_absence_is_a_sign_of_life() {
    let mut member = member("a");
    assert!(!member.was_heard());
    member.facts.drain_trouble = Some(Trouble::NoAnswer("no answer within 1 s".into()));
    assert!(member.was_heard());
    let mut story = Story::draining();
    story.ready("a");
    assert!(story.member("a").was_heard());
}
