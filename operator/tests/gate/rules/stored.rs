//! A status that somebody edited by hand: nothing opens by it, and the run still ends. The laws of the kit are those of a status that only
//! the operator wrote.

use upgradegate_crds::{Outcome, Phase, UpgradeGateStatus};
use upgradegate_operator::gate::{Target, decide};

use crate::kit::{Story, at, status::is_open};

/// What is decided `seconds` after an open gate was created, if its status was edited since.
fn edited(seconds: i64, target: Option<Target>, edit: impl FnOnce(&mut UpgradeGateStatus)) -> UpgradeGateStatus {
    let mut story = Story::open();
    edit(story.gate.status.as_mut().unwrap());
    story.target = target.unwrap_or(story.target);
    decide(&story.at(seconds).observation()).status
}

#[test]
fn an_outcome_ends_a_run_in_whatever_phase() {
    for phase in [None, Some(Phase::Waiting), Some(Phase::Draining), Some(Phase::Open), Some(Phase::RollingOut)] {
        let after = edited(12, None, |status| (status.phase, status.outcome) = (phase, Some(Outcome::Expired)));
        assert_eq!((after.phase, after.outcome), (Some(Phase::Resuming), Some(Outcome::Expired)), "{phase:?}");
        assert!(!is_open(&after));
    }
}

#[test]
fn a_run_that_is_over_has_an_outcome() {
    for phase in [Phase::Resuming, Phase::Finished] {
        let after = edited(12, None, |status| status.phase = Some(phase));
        assert_eq!((after.phase, after.outcome), (Some(phase), Some(Outcome::Cancelled)));
        assert!(after.message.contains("took the outcome"), "{}", after.message);
        assert!(!is_open(&after));
    }
}

#[test]
fn a_run_that_lost_its_phase_begins_anew_and_its_epoch_grows() {
    let before = Story::open().status();
    // The clock was set back meanwhile.
    let after = edited(-60, None, |status| status.phase = None);
    assert_eq!((after.phase, after.opened_at, after.opened_by), (Some(Phase::Draining), None, None));
    assert!(after.epoch > before.epoch, "{:?} after {:?}", after.epoch, before.epoch);
    assert_eq!(after.started_at.unwrap().0, at(-60));
}

/// Removes from a status what a run has on record.
type Tear = fn(&mut UpgradeGateStatus);

#[test]
fn a_run_of_which_something_is_missing_begins_anew_and_is_not_open_meanwhile() {
    let tears: [Tear; 4] = [
        |status| status.epoch = None,
        |status| status.target = None,
        |status| status.started_at = None,
        |status| status.deadline = None,
    ];
    for phase in [Phase::Waiting, Phase::Draining, Phase::Open, Phase::RollingOut] {
        for tear in tears {
            let after = edited(12, None, |status| {
                status.phase = Some(phase);
                tear(status);
            });
            assert!(!is_open(&after));
            assert_eq!((after.phase, after.started_at.unwrap().0), (Some(Phase::Draining), at(12)), "{phase:?}");
        }
    }
}

#[test]
fn a_gate_that_closed_again_and_lost_its_end_begins_anew() {
    let after = edited(12, None, |status| (status.phase, status.open_until) = (Some(Phase::Draining), None));
    assert_eq!((after.phase, after.opened_at), (Some(Phase::Draining), None));
    let after = edited(12, None, |status| status.phase = Some(Phase::Waiting));
    assert_eq!((after.phase, after.opened_at), (Some(Phase::Draining), None), "who waits has not been open");
}

#[test]
fn an_open_gate_that_lost_its_limits_opens_now_and_ends_as_every_other() {
    let until = Story::open().status().open_until;
    let tears: [Tear; 3] = [
        |status| status.opened_at = None,
        |status| status.open_until = None,
        |status| (status.opened_at, status.open_until) = (None, None),
    ];
    for tear in tears {
        let after = edited(12, None, tear);
        assert!(is_open(&after) && after.opened_at.is_some());
        assert_eq!(after.open_until, until);
        let late = edited(100_000, None, tear);
        assert_eq!((late.phase, late.outcome), (Some(Phase::Resuming), Some(Outcome::NotUsed)));
    }
}

#[test]
fn a_finished_gate_that_lost_the_time_of_its_end_has_it_from_now() {
    let after =
        edited(12, None, |status| (status.phase, status.outcome) = (Some(Phase::Finished), Some(Outcome::Expired)));
    assert_eq!(after.finished_at.unwrap().0, at(12));
}

#[test]
fn a_condition_that_nobody_found_out_does_not_stay_while_the_target_is_looked_for() {
    let after = edited(1, Some(Target::Unknown), |status| status.phase = None);
    assert!(!is_open(&after));
}
