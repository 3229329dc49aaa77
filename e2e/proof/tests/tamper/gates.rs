//! Statuses that were not written, or not so.

use jiff::SignedDuration;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use upgradegate_crds::{OpenedByType, Outcome, Phase};
use upgradegate_proof::{Event, Rule, What};

use crate::kit::{caught, caught_as, caught_at_each, gates, in_phase, statuses};

fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

/// Changes the status of an event.
fn status(event: &mut Event, change: impl FnOnce(&mut upgradegate_crds::UpgradeGateStatus)) {
    match &mut event.what {
        What::Gate { gate, .. } => change(gate.status.as_mut().unwrap()),
        other => panic!("{other:?} is no gate"),
    }
}

#[test]
fn s1_a_gate_opened_too_early() {
    for name in ["closed-again", "cancelled"] {
        caught(name, Rule::S1, |history| {
            let opened = gates(history).find(|(_, gate)| gate.status.as_ref().unwrap().phase == Some(Phase::Open));
            *opened.unwrap().0 -= seconds(20);
        });
    }
}

#[test]
fn s1_nobody_ordered_it_to_open() {
    for type_ in [OpenedByType::Action, OpenedByType::Deadline, OpenedByType::NoMembers] {
        caught_at_each("cancelled", Rule::S1, in_phase(Phase::Open), |event| {
            status(event, |status| status.opened_by.as_mut().unwrap().type_ = type_);
        });
    }
}

#[test]
fn s1_a_gate_stayed_open_though_a_member_was_busy() {
    caught_as("cancelled", Rule::S1, "stayed open", |history| {
        let open = statuses(history).filter(|status| status.phase == Some(Phase::Open)).nth(1);
        open.unwrap().pods.as_mut().unwrap().ready = 0;
    });
}

#[test]
fn s2_two_gates_ran() {
    caught("superseded", Rule::S2, |history| {
        let ended = statuses(history).filter(|status| status.outcome == Some(Outcome::Superseded));
        ended.for_each(|status| (status.phase, status.outcome) = (Some(Phase::Draining), None));
    });
}

#[test]
fn s5_the_end_of_a_wait_is_not_shown() {
    for (name, phase) in
        [("cancelled", Phase::Draining), ("closed-again", Phase::Open), ("closed-again", Phase::RollingOut)]
    {
        caught_at_each(name, Rule::S5, in_phase(phase), |event| {
            status(event, |status| {
                (status.deadline, status.open_until, status.progress_deadline) = (None, None, None);
            });
        });
    }
}

#[test]
fn s5_a_wait_did_not_end_in_time() {
    caught_at_each("closed-again", Rule::S5, in_phase(Phase::RollingOut), |event| {
        let past = Some(Time(event.at - seconds(60)));
        status(event, |status| status.progress_deadline = past);
    });
}

#[test]
fn s5_the_end_of_the_last_wait_is_not_shown() {
    caught_at_each("cancelled", Rule::S5, in_phase(Phase::Resuming), |event| {
        status(event, |status| (status.resume_until, status.progress_deadline) = (None, None));
    });
}

#[test]
fn s5_a_deadline_crept() {
    caught_at_each("closed-again", Rule::S5, in_phase(Phase::Draining), |event| {
        status(event, |status| status.deadline.as_mut().unwrap().0 += seconds(1));
    });
    caught_at_each("closed-again", Rule::S5, in_phase(Phase::Open), |event| {
        status(event, |status| status.open_until.as_mut().unwrap().0 += seconds(1));
    });
}

#[test]
fn s5_the_limit_of_a_rollout_moved_without_progress() {
    caught_as("closed-again", Rule::S5, "without progress", |history| {
        let mut next = history.events.iter().rfind(|event| in_phase(Phase::RollingOut)(event)).unwrap().clone();
        next.at += SignedDuration::from_millis(10);
        let What::Gate { gate, .. } = &mut next.what else { unreachable!() };
        gate.metadata.resource_version = Some("999999999".into());
        status(&mut next, |status| status.progress_deadline.as_mut().unwrap().0 += seconds(1));
        history.events.push(next);
    });
}

#[test]
fn s6_members_were_drained_without_the_finalizer() {
    for name in ["cancelled", "closed-again", "superseded"] {
        caught(name, Rule::S6, |history| gates(history).for_each(|(_, gate)| gate.metadata.finalizers = None));
    }
}

#[test]
fn record_an_outcome_was_set_twice() {
    caught("cancelled", Rule::Record, |history| {
        statuses(history).last().unwrap().outcome = Some(Outcome::Superseded);
    });
}

#[test]
fn record_a_gate_was_ready_and_not_open() {
    caught_at_each("closed-again", Rule::Record, in_phase(Phase::Open), |event| {
        status(event, |status| status.phase = Some(Phase::Draining));
    });
}

#[test]
fn record_an_upgrade_came_to_a_gate_that_had_never_opened() {
    caught_as("closed-again", Rule::Record, "it went from", |history| {
        history.events.retain(|event| !in_phase(Phase::Open)(event));
        statuses(history).filter(|status| status.phase == Some(Phase::Draining)).for_each(|status| {
            status.opened_at = None;
        });
    });
}

#[test]
fn record_a_status_was_too_large() {
    caught_at_each("cancelled", Rule::Record, in_phase(Phase::Draining), |event| {
        status(event, |status| status.message = "x".repeat(8 * 1024));
    });
}

#[test]
fn record_a_gate_was_stalled_and_had_not_failed() {
    caught_at_each("cancelled", Rule::Record, in_phase(Phase::Draining), |event| {
        status(event, |status| {
            let mut stalled = status.conditions[0].clone();
            (stalled.type_, stalled.status) = ("Stalled".into(), "True".into());
            status.conditions.push(stalled);
        });
    });
}

#[test]
fn record_an_epoch_went_back() {
    caught_at_each("cancelled", Rule::Record, in_phase(Phase::Open), |event| {
        status(event, |status| *status.epoch.as_mut().unwrap() -= 1);
    });
}

#[test]
fn record_a_write_changed_nothing() {
    caught("cancelled", Rule::Record, |history| {
        let last = history.events.iter().rfind(|event| in_phase(Phase::Finished)(event)).unwrap();
        let mut copy = last.clone();
        copy.at += seconds(1);
        if let What::Gate { gate, .. } = &mut copy.what {
            gate.metadata.resource_version = Some("999999999".into());
        }
        history.events.push(copy);
    });
}

#[test]
fn model_another_time_was_written() {
    caught_at_each("answers-500", Rule::Model, in_phase(Phase::Open), |event| {
        status(event, |status| status.open_until.as_mut().unwrap().0 += seconds(1));
    });
    caught_at_each("answers-500", Rule::Model, in_phase(Phase::RollingOut), |event| {
        status(event, |status| status.progress_deadline.as_mut().unwrap().0 += seconds(30));
    });
}

#[test]
fn model_another_outcome_was_written() {
    caught("cancelled", Rule::Model, |history| {
        statuses(history).filter(|status| status.outcome.is_some()).for_each(|status| {
            status.outcome = Some(Outcome::NotUsed);
        });
    });
}

#[test]
fn model_another_epoch_was_taken() {
    caught("cancelled", Rule::Model, |history| {
        statuses(history).filter_map(|status| status.epoch.as_mut()).for_each(|epoch| *epoch += 3_600_000);
    });
}

#[test]
fn model_a_gate_opened_without_a_cause() {
    caught("answers-500", Rule::Model, |history| {
        let end = history.events.iter().position(|event| in_phase(Phase::Open)(event)).unwrap();
        history.events[end].at -= seconds(3);
    });
}

#[test]
fn model_a_phase_was_left_out() {
    caught("closed-again", Rule::Model, |history| {
        history.events.retain(|event| !in_phase(Phase::Draining)(event));
    });
}
