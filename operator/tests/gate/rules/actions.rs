//! Actions of people and hooks, in each phase.

use upgradegate_crds::{ActionType, OpenedByType, Outcome, Phase};
use upgradegate_operator::gate::Target;

use crate::kit::{Story, at, gate};

/// One run in each phase that is not over.
fn each_phase() -> Vec<(&'static str, Story)> {
    let mut looking = Story::new();
    looking.target = Target::Unknown;
    looking.at(2).decide();
    let mut waiting = Story::new();
    let mut older = gate("older");
    older.status.get_or_insert_default().epoch = Some(1);
    waiting.rivals = vec![older];
    waiting.decide();
    assert_eq!(waiting.phase(), Some(Phase::Waiting));
    vec![
        ("unseen", Story::new()),
        ("looking", looking),
        ("waiting", waiting),
        ("draining", Story::draining()),
        ("open", Story::open()),
        ("rolling out", Story::rolling_out()),
    ]
}

#[test]
fn cancel_ends_a_run_in_every_phase() {
    for (phase, mut story) in each_phase() {
        story.at(30).order(ActionType::Cancel, "called off").decide();
        assert_eq!(story.outcome(), Some(Outcome::Cancelled), "{phase}");
        assert_eq!(story.status().message, "Cancelled by action: called off", "{phase}");
        let acted = story.status().action.unwrap();
        assert_eq!(
            (acted.type_, acted.reason.as_deref(), acted.at.0),
            (ActionType::Cancel, Some("called off"), at(30))
        );
    }
}

#[test]
fn deletion_ends_a_run_in_every_phase() {
    for (phase, mut story) in each_phase() {
        story.at(30).delete().decide();
        assert_eq!(story.outcome(), Some(Outcome::Cancelled), "{phase}");
    }
}

#[test]
fn a_newer_gate_ends_a_run_in_every_phase() {
    for (phase, mut story) in each_phase() {
        let mut newer = gate("newer");
        newer.metadata.creation_timestamp.as_mut().unwrap().0 = at(29);
        story.rivals.push(newer);
        story.at(30).decide();
        assert_eq!(story.outcome(), Some(Outcome::Superseded), "{phase}");
    }
}

#[test]
fn open_lets_the_upgrade_through_whatever_members_say() {
    let mut story = Story::draining();
    story.at(30).busy("a").silent("b").order(ActionType::Open, "pager: CVE fix").decide();
    let status = story.status();
    assert_eq!(status.phase, Some(Phase::Open));
    let by = status.opened_by.unwrap();
    assert_eq!((by.type_, by.reason.as_deref()), (OpenedByType::Action, Some("pager: CVE fix")));
    assert_eq!(status.action.unwrap().at.0, at(30), "the action is on record");
    assert!(status.message.contains("pager: CVE fix"), "{}", status.message);
    story.at(40).silent("a").decide();
    assert_eq!(story.phase(), Some(Phase::Open), "and it stays open");
}

#[test]
fn open_at_first_sight_opens_at_once() {
    let mut story = Story::new();
    story.order(ActionType::Open, "now").decide();
    assert_eq!(story.phase(), Some(Phase::Open));
}

#[test]
fn open_does_not_overtake_the_older_gate() {
    for (phase, mut story) in each_phase() {
        if phase == "waiting" {
            story.at(30).order(ActionType::Open, "now").decide();
            assert_eq!(story.phase(), Some(Phase::Waiting), "two runs must not overlap");
        }
    }
}

#[test]
fn open_after_the_gate_is_open_or_used_changes_nothing() {
    let mut story = Story::rolling_out();
    story.at(30).order(ActionType::Open, "too late").decide();
    assert_eq!((story.phase(), story.outcome()), (Some(Phase::RollingOut), None));
}

#[test]
fn finish_ends_whatever_holds() {
    for (phase, mut story) in each_phase().into_iter().filter(|(phase, _)| !["looking", "rolling out"].contains(phase))
    {
        story.at(30).order(ActionType::Finish, "hook").decide();
        assert_eq!(story.outcome(), Some(Outcome::Unchanged), "{phase}");
    }
}

#[test]
fn finish_after_an_open_by_action_keeps_it_open_until_the_target_is_read() {
    let mut story = Story::draining();
    story.at(30).busy("a").order(ActionType::Open, "now").decide();
    story.at(31).order(ActionType::Finish, "hook").target = Target::Unknown;
    story.decide();
    assert_eq!(story.phase(), Some(Phase::Open), "whoever opened it by hand did not close it");
}

#[test]
fn actions_after_the_end_change_nothing() {
    let mut story = Story::open();
    story.at(15).order(ActionType::Finish, "hook").decide();
    let ended = story.status();
    story.at(16).order(ActionType::Cancel, "too late").decide();
    assert_eq!(story.outcome(), Some(Outcome::Unchanged));
    assert_eq!(story.status().action, ended.action);
}

#[test]
fn an_action_that_follows_another_is_on_record_with_its_own_time() {
    let mut story = Story::draining();
    story.at(10).order(ActionType::Open, "pager").decide();
    story.at(12).decide();
    assert_eq!(story.status().action.unwrap().at.0, at(10), "it was acted on once");
    story.at(20).order(ActionType::Cancel, "wrong version").decide();
    let acted = story.status().action.unwrap();
    assert_eq!((acted.type_, acted.at.0), (ActionType::Cancel, at(20)));
}
