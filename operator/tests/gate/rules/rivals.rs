//! Newer and older gates of a target: at most one runs (S2).

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use upgradegate_crds::{Action, ActionType, Outcome, Phase, UID_ANNOTATION, UpgradeGate};

use crate::kit::{Story, at, gate};

/// Another gate of the target, created so many seconds after ours.
fn rival(name: &str, created: i64) -> UpgradeGate {
    let mut rival = gate(name);
    rival.metadata.creation_timestamp = Some(Time(at(created)));
    rival
}

/// A rival whose run has this epoch and phase.
fn running(name: &str, epoch: i64, phase: Phase) -> UpgradeGate {
    let mut rival = rival(name, 0);
    let status = rival.status.get_or_insert_default();
    (status.epoch, status.phase) = (Some(epoch), Some(phase));
    rival
}

/// What becomes of a draining gate beside this rival.
fn beside(rival: UpgradeGate) -> Story {
    let mut story = Story::draining();
    story.rivals = vec![rival];
    story.at(5).all_ready().decide();
    story
}

#[test]
fn a_gate_that_nobody_has_seen_is_newer_than_any_run() {
    let story = beside(rival("created-before", -10));
    assert_eq!(story.outcome(), Some(Outcome::Superseded));
    assert!(story.status().message.contains("created-before"), "{}", story.status().message);
}

#[test]
fn among_runs_the_higher_epoch_is_newer() {
    let epoch = Story::draining().epoch();
    assert_eq!(beside(running("newer", epoch + 1, Phase::Waiting)).outcome(), Some(Outcome::Superseded));
    assert_eq!(beside(running("older", epoch - 1, Phase::Resuming)).outcome(), None);
}

#[test]
fn among_unseen_gates_the_later_creation_is_newer_then_the_uid() {
    let unseen_beside = |rival: UpgradeGate| {
        let mut story = Story::new();
        story.rivals = vec![rival];
        story.at(2).decide();
        story
    };
    assert_eq!(unseen_beside(rival("later", 1)).outcome(), Some(Outcome::Superseded));
    assert_eq!(unseen_beside(rival("later", 1)).phase(), Some(Phase::Finished), "it had drained nobody");
    assert_eq!(unseen_beside(rival("zzz", 0)).outcome(), Some(Outcome::Superseded), "uid-of-zzz is above uid-of-demo");
    assert_eq!(unseen_beside(rival("aaa", 0)).outcome(), None);
}

#[test]
fn of_two_unseen_gates_the_younger_wins_whichever_is_looked_at_first() {
    let (older, younger) = (rival("older", 0), rival("younger", 1));
    for first in ["older", "younger"] {
        let mut stories = [Story::new(), Story::new()];
        (stories[0].gate, stories[1].gate) = (older.clone(), younger.clone());
        let turns: [usize; 6] = if first == "older" { [0, 1, 0, 1, 0, 1] } else { [1, 0, 1, 0, 1, 0] };
        for turn in turns {
            stories[turn].rivals = vec![stories[1 - turn].gate.clone()];
            stories[turn].at(2).decide();
        }
        assert_eq!(stories[0].outcome(), Some(Outcome::Superseded), "{first} first");
        assert_eq!(stories[1].phase(), Some(Phase::Draining), "{first} first");
    }
}

#[test]
fn a_gate_that_cannot_run_supersedes_nobody() {
    let cannot_run: [fn(&mut UpgradeGate); 6] = [
        |gate| gate.metadata.deletion_timestamp = Some(Time(at(1))),
        |gate| gate.spec.action = Some(Action { type_: ActionType::Cancel, reason: None }),
        |gate| gate.spec.target_ref.kind = "DaemonSet".into(),
        |gate| gate.spec.deadline_seconds = 5,
        |gate| gate.status.get_or_insert_default().outcome = Some(Outcome::Invalid),
        |gate| {
            gate.metadata.annotations.get_or_insert_default().insert(UID_ANNOTATION.into(), "another".into());
        },
    ];
    for change in cannot_run {
        let mut rival = rival("newer", 0);
        change(&mut rival);
        assert_eq!(beside(rival).outcome(), None);
    }
}

#[test]
fn a_run_past_its_deadline_still_supersedes() {
    let mut newer = running("newer", i64::MAX, Phase::Draining);
    newer.spec.deadline_seconds = 1;
    assert_eq!(beside(newer).outcome(), Some(Outcome::Superseded));
}

#[test]
fn the_newer_gate_waits_until_the_older_is_finished() {
    let mut story = Story::new();
    story.rivals = vec![running("older", 1, Phase::Open)];
    story.decide();
    assert_eq!(story.phase(), Some(Phase::Waiting));
    story.rivals = vec![running("older", 1, Phase::Resuming)];
    story.at(5).decide();
    assert_eq!(story.phase(), Some(Phase::Waiting));
    story.rivals = vec![running("older", 1, Phase::Finished)];
    story.at(6).decide();
    assert_eq!(story.phase(), Some(Phase::Draining));
}

#[test]
fn a_waiting_gate_that_is_late_ends_even_if_it_may_proceed() {
    let mut story = Story::new();
    story.gate.spec.on_deadline = upgradegate_crds::OnDeadline::Proceed;
    story.rivals = vec![running("older", 1, Phase::Resuming)];
    story.decide();
    story.at(180).decide();
    assert_eq!((story.outcome(), story.phase()), (Some(Outcome::DeadlineExceeded), Some(Phase::Finished)));
    assert!(story.status().message.contains("older gate"), "{}", story.status().message);
}

#[test]
fn a_template_that_comes_while_waiting_is_a_bypass() {
    let mut story = Story::new();
    story.rivals = vec![running("older", 1, Phase::Resuming)];
    story.decide();
    story.at(3).patch("new").decide();
    assert_eq!(story.outcome(), Some(Outcome::Bypassed));
}

#[test]
fn of_two_runs_with_one_epoch_the_younger_is_newer() {
    let epoch = Story::draining().epoch();
    let mut younger = running("younger", epoch, Phase::Waiting);
    younger.metadata.creation_timestamp = Some(Time(at(1)));
    assert_eq!(beside(younger).outcome(), Some(Outcome::Superseded));
    let mut older = running("older", epoch, Phase::Draining);
    older.metadata.creation_timestamp = Some(Time(at(-1)));
    assert_eq!(beside(older).outcome(), None);
}
