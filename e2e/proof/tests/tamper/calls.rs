//! Calls that were not made, or not so.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::json;
use upgradegate_crds::Phase;
use upgradegate_proof::{Effect, Event, History, Rule, What};

use crate::kit::{add_late, call, calls, caught, caught_as, caught_at_each, change, first, gates, in_phase, of_others};

/// Pods that got a call.
fn called(name: &str) -> Vec<String> {
    let mut pods: Vec<_> = calls(&mut crate::kit::load(name)).map(|(_, call)| call.pod.clone()).collect();
    pods.sort();
    pods.dedup();
    pods
}

fn drop_calls(history: &mut History, dropped: impl Fn(&upgradegate_proof::Call) -> bool) {
    history.events.retain(|event| !matches!(&event.what, What::Call(call) if dropped(call)));
}

#[test]
fn s1_a_member_never_acknowledged() {
    for pod in called("closed-again") {
        let is_dropped = |call: &upgradegate_proof::Call| call.pod == pod && call.method == "POST";
        // Pods of the new template are not asked.
        caught("closed-again", Rule::S1, |history| drop_calls(history, is_dropped));
    }
}

#[test]
fn s1_a_member_was_never_asked() {
    for pod in called("closed-again") {
        let is_dropped = |call: &upgradegate_proof::Call| call.pod == pod && call.method == "GET";
        caught("closed-again", Rule::S1, |history| drop_calls(history, is_dropped));
    }
}

#[test]
fn s1_a_lease_ran_out_before_the_gate_opened() {
    caught("closed-again", Rule::S1, |history| {
        for (_, call) in calls(history) {
            if let Effect::Drained { at, until, .. } = &mut call.effect {
                *until = *at - SignedDuration::from_secs(10);
            }
        }
    });
}

#[test]
fn s1_one_member_answered_for_two() {
    let pods = called("closed-again");
    caught("closed-again", Rule::S1, |history| {
        calls(history).for_each(|(_, call)| call.pod.clone_from(&pods[0]));
    });
}

#[test]
fn s1_a_member_acknowledged_another_epoch() {
    caught("closed-again", Rule::S1, |history| {
        for (_, call) in calls(history) {
            if let Effect::Drained { epoch, .. } = &mut call.effect {
                *epoch += 1;
            }
        }
    });
}

#[test]
fn s1_an_answer_is_too_old() {
    let open = first(&crate::kit::load("closed-again"), Phase::Open);
    caught("closed-again", Rule::S1, |history| {
        let before = calls(history).filter(|(at, call)| **at <= open && call.method == "GET");
        for (at, call) in before {
            *at -= SignedDuration::from_secs(30);
            call.answered = Some(*at);
        }
    });
}

#[test]
fn s3_another_address_was_called() {
    for name in ["closed-again", "cancelled", "superseded"] {
        let elsewhere = "10.244.9.9".parse().unwrap();
        caught_at_each(
            name,
            Rule::S3,
            |event| matches!(event.what, What::Call(_)),
            |event| {
                change(event, |call| call.address = elsewhere);
            },
        );
    }
}

#[test]
fn s3_a_pod_that_nobody_knows_was_called() {
    caught_at_each(
        "cancelled",
        Rule::S3,
        |event| matches!(event.what, What::Call(_)),
        |event| {
            change(event, |call| call.pod = "somebody".into());
        },
    );
}

#[test]
fn s3_a_pod_on_the_network_of_the_host_was_called() {
    caught("cancelled", Rule::S3, |history| {
        for event in &mut history.events {
            if let What::Pod { pod, .. } = &mut event.what {
                pod.spec.as_mut().unwrap().host_network = Some(true);
            }
        }
    });
}

#[test]
fn s3_a_pod_of_another_owner_was_called() {
    caught("cancelled", Rule::S3, |history| {
        for event in &mut history.events {
            if let What::Pod { pod, .. } = &mut event.what {
                pod.metadata.owner_references.as_mut().unwrap()[0].kind = "Job".into();
            }
        }
    });
}

#[test]
fn s3_a_member_was_asked_after_the_end() {
    for name in ["answers-500", "closed-again", "cancelled"] {
        caught(name, Rule::S3, |history| add_late(history, "GET", 20, |_| {}));
    }
}

#[test]
fn s4_an_error_counted_as_ready() {
    caught("closed-again", Rule::S4, |history| {
        calls(history).filter(|(_, call)| call.method == "GET").for_each(|(_, call)| {
            call.answer.as_mut().unwrap().code = 500;
        });
    });
}

#[test]
fn s4_nonsense_counted_as_ready() {
    caught("closed-again", Rule::S4, |history| {
        calls(history).filter(|(_, call)| call.method == "GET").for_each(|(_, call)| {
            call.answer.as_mut().unwrap().body = "yes".into();
        });
    });
}

#[test]
fn s4_silence_counted_as_ready() {
    caught("closed-again", Rule::S4, |history| {
        calls(history).filter(|(_, call)| call.method == "GET").for_each(|(_, call)| {
            (call.answer, call.answered) = (None, None);
        });
    });
}

#[test]
fn s6_a_member_was_forgotten() {
    caught("cancelled", Rule::S6, |history| drop_calls(history, |call| call.method == "DELETE"));
}

/// That the newer gate drains its members next does not help those that the older one leaves behind.
#[test]
fn s6_a_member_was_forgotten_by_a_gate_that_was_superseded() {
    caught_as("superseded", Rule::S6, "its gate is over", |history| {
        let older = gates(history).find_map(|(_, gate)| gate.metadata.name.clone()).unwrap();
        drop_calls(history, |call| call.method == "DELETE" && call.body["gate"] == older.as_str());
        // The member was there before, and the upgrade comes later: nobody can have been about to replace it.
        let (began, over) = (first(history, Phase::Draining), first(history, Phase::Finished));
        for event in &mut history.events {
            let by = i64::from(event.at > over) - i64::from(event.at < began);
            event.at += SignedDuration::from_secs(5 * by);
        }
    });
}

#[test]
fn s6_a_member_was_forgotten_by_a_gate_that_is_gone() {
    caught_as("cancelled", Rule::S6, "its gate is over", |history| {
        drop_calls(history, |call| call.method == "DELETE");
        let is_finished = in_phase(Phase::Finished);
        history.events.retain(|event| !is_finished(event));
        let last = history.events.iter_mut().rfind(|event| matches!(event.what, What::Gate { .. })).unwrap();
        if let What::Gate { gone, .. } = &mut last.what {
            *gone = true;
        }
    });
}

#[test]
fn s6_a_resume_that_failed_was_taken_for_done() {
    caught("cancelled", Rule::S6, |history| {
        for (_, call) in calls(history).filter(|(_, call)| call.method == "DELETE") {
            call.answer.as_mut().unwrap().code = 500;
            call.effect = Effect::None;
        }
    });
}

#[test]
fn s6_a_member_was_told_after_the_end() {
    caught("cancelled", Rule::S6, |history| add_late(history, "POST", 20, |_| {}));
    caught("cancelled", Rule::S6, |history| add_late(history, "DELETE", 20, |_| {}));
    caught("closed-again", Rule::S6, |history| add_late(history, "POST", 20, |_| {}));
}

#[test]
fn s6_an_order_had_an_epoch_of_its_own() {
    for name in ["cancelled", "closed-again", "superseded"] {
        caught_at_each(
            name,
            Rule::S6,
            |event| call(event, "POST").is_some(),
            |event| {
                change(event, |call| call.body["epoch"] = json!(1));
            },
        );
    }
}

#[test]
fn s6_an_order_went_elsewhere() {
    caught_at_each(
        "cancelled",
        Rule::S6,
        |event| call(event, "DELETE").is_some(),
        |event| {
            change(event, |call| call.path = "/delete-everything".into());
        },
    );
}

#[test]
fn s6_a_question_went_elsewhere() {
    caught_at_each(
        "cancelled",
        Rule::S6,
        |event| call(event, "GET").is_some(),
        |event| change(event, |call| call.path = "/secrets".into()),
    );
}

#[test]
fn s1_an_answer_to_another_question_counted() {
    caught("closed-again", Rule::S1, |history| {
        let questions = calls(history).filter(|(_, call)| call.method == "GET");
        questions.for_each(|(_, call)| call.path = "/healthz".into());
    });
}

#[test]
fn s6_something_else_was_sent() {
    caught_at_each(
        "cancelled",
        Rule::S6,
        |event| call(event, "POST").is_some(),
        |event| change(event, |call| call.method = "PUT".into()),
    );
}

/// The gate whose member it is runs as well.
#[test]
fn s6_a_member_of_another_gate_was_told() {
    caught_as("cancelled", Rule::S6, "no member of its gate's target", |history| {
        let mut others = of_others(history);
        for (_, call) in calls(&mut others).filter(|(_, call)| call.method == "POST") {
            call.body["gate"] = json!("gate");
        }
        history.events.extend(others.events);
        history.recorded.extend(others.recorded);
    });
}

#[test]
fn s6_a_member_was_told_that_is_terminating() {
    for (name, method) in [("closed-again", "POST"), ("cancelled-rolling-out", "DELETE")] {
        caught_as(name, Rule::S6, "terminating", |history| {
            let told: Vec<_> =
                calls(history).filter(|(_, call)| call.method == method).map(|(_, c)| c.pod.clone()).collect();
            for event in &mut history.events {
                let at = event.at;
                if let What::Pod { pod, .. } = &mut event.what
                    && told.contains(pod.metadata.uid.as_ref().unwrap())
                {
                    pod.metadata.deletion_timestamp = Some(Time(at));
                }
            }
        });
    }
}

#[test]
fn s6_a_new_member_was_drained() {
    caught_as("superseded", Rule::S6, "the template that the target wants", |history| {
        let stays = |event: &Event| match &event.what {
            What::Pod { pod, .. } if pod.metadata.deletion_timestamp.is_none() => {
                Some((event.at, pod.metadata.uid.clone()?, pod.status.as_ref()?.pod_ip.as_ref()?.parse().ok()?))
            }
            _ => None,
        };
        let (there, new, address) = history.events.iter().rev().find_map(stays).unwrap();
        // The rollout takes longer, so that nobody can have missed it.
        let after = history.events.iter_mut().filter(|event| event.at > there);
        after.for_each(|event| event.at += SignedDuration::from_secs(10));
        let (at, order) = calls(history).filter(|(_, call)| call.method == "POST").last().unwrap();
        *at = there + SignedDuration::from_secs(5);
        (order.pod, order.address) = (new, address);
    });
}

#[test]
fn s6_an_order_had_another_lease() {
    caught_at_each(
        "superseded",
        Rule::S6,
        |event| call(event, "POST").is_some(),
        |event| {
            change(event, |call| call.body["leaseSeconds"] = json!(1_000_000));
        },
    );
}

#[test]
fn s6_a_member_was_resumed_that_the_rollout_replaces() {
    let rolling: Timestamp = first(&crate::kit::load("cancelled-rolling-out"), Phase::RollingOut);
    caught("cancelled-rolling-out", Rule::S6, |history| {
        let (at, order) = calls(history).find(|(at, call)| call.method == "POST" && **at <= rolling).unwrap();
        // Later than any watch lags behind the rollout, and before it is given up.
        *at = rolling + SignedDuration::from_secs(4);
        order.method = "DELETE".into();
    });
}
