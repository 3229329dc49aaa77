//! The sentences: blockers first and by name, points in time, nothing that could harm a terminal.

use std::collections::BTreeMap;

use upgradegate_crds::ActionType;
use upgradegate_operator::gate::{Answer, ReadyRule, Target, Trouble};

use crate::kit::{Story, at};

#[test]
fn a_held_gate_names_who_holds_it_and_since_when() {
    let mut story = Story::draining();
    story.at(131).ready("a").ready("b").busy("c").decide();
    assert_eq!(story.status().message, "2/3 ready; c busy since 14:02:11: 1 operation running");
}

#[test]
fn the_worst_come_first_then_the_longest() {
    let mut story = Story::draining();
    story.at(5).busy("a").at(4).busy("b").at(6).silent("c").joins("d", "old").decide();
    let message = story.status().message;
    let order: Vec<_> = ["c unreachable", "d not drained", "b busy"].map(|who| message.find(who)).to_vec();
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{message}");
    assert!(message.ends_with("; and 1 more"), "{message}");
}

#[test]
fn three_blockers_need_no_and_more() {
    let mut story = Story::draining();
    story.at(5).busy("a").busy("b").busy("c").decide();
    assert!(!story.status().message.contains("more"), "{}", story.status().message);
}

#[test]
fn it_holds_no_durations() {
    let mut story = Story::draining();
    story.at(5).busy("a").ready("b").ready("c").decide();
    let message = story.status().message;
    story.at(9).decide();
    assert_eq!(story.status().message, message, "time alone changes nothing");
}

#[test]
fn since_is_when_the_state_began() {
    let mut story = Story::draining();
    story.at(5).busy("a").ready("b").ready("c").decide();
    story.at(60).all_ready().busy("a").decide();
    assert_eq!(story.status().members[0].since.0, at(5), "it was busy all the time");
}

#[test]
fn troubles_say_what_to_do() {
    let table = [
        (Trouble::NoAnswer("no answer within 1 s".into()), "no answer within 1 s"),
        (Trouble::Unreadable { code: 500, why: "its body is no JSON".into() }, "answered 500, but its body is no JSON"),
        (
            Trouble::DrainStatus { method: "POST", path: "/drain".into(), code: 404 },
            "answered 404 to POST /drain: the running version has no such path; name the path that it has",
        ),
        (
            Trouble::DrainStatus { method: "DELETE", path: "/drain".into(), code: 500 },
            "answered 500 to DELETE /drain, not 2xx",
        ),
        (Trouble::NoSuchPort("http".into()), "has no container port named http"),
        (Trouble::ForbiddenAddress("is the node's address".into()), "is the node's address"),
    ];
    for (trouble, text) in table {
        assert_eq!(trouble.to_string(), text);
        let mut story = Story::draining();
        story.at(5).ready("a").answers("b", Err(trouble)).ready("c").decide();
        assert!(story.status().message.ends_with(text), "{}", story.status().message);
    }
}

#[test]
fn trouble_with_the_drain_is_told_before_the_answer() {
    let mut story = Story::draining();
    story.at(5).all_ready().member("a").facts.drain_trouble = Some(Trouble::NoSuchPort("admin".into()));
    story.decide();
    assert!(story.status().message.contains("no container port named admin"), "{}", story.status().message);
}

#[test]
fn what_an_application_says_cannot_harm_a_terminal_or_fill_the_status() {
    let body = serde_json::json!({"message": format!("\u{1b}[31mred\r\n\u{0}{}", "x".repeat(10_000))}).to_string();
    let answer = Answer { code: 503, headers: BTreeMap::new(), body: body.into_bytes() };
    let report = ReadyRule::standard().judge(&answer).unwrap();
    assert!(report.message.starts_with("[31mred xxx") && report.message.ends_with('…'), "{}", report.message);

    let mut story = Story::draining();
    story.at(5).answers("a", Ok(report)).decide();
    assert!(!story.status().message.contains(char::is_control));
}

#[test]
fn what_anybody_writes_stays_on_one_line() {
    let mut story = Story::draining();
    story.answers("a", Err(Trouble::NoAnswer("first\nsecond\u{7}".into()))).decide();
    assert!(!story.status().message.contains(char::is_control), "{:?}", story.status().message);
    story.order(ActionType::Open, "two\nlines").decide();
    assert!(!story.status().message.contains(char::is_control), "{:?}", story.status().message);
    story.order(ActionType::Cancel, "two\nlines").decide();
    assert_eq!(story.status().message, "Cancelled by action: two lines");
}

#[test]
fn an_action_without_a_reason_reads_well() {
    let mut story = Story::draining();
    story.order(ActionType::Open, "").gate.spec.action.as_mut().unwrap().reason = None;
    story.decide();
    assert!(story.status().message.ends_with("opened by action: no reason given."), "{}", story.status().message);
    story.order(ActionType::Cancel, "").decide();
    assert_eq!(story.status().message, "Cancelled by action.");
}

#[test]
fn a_rollout_is_told_in_counts() {
    let mut story = Story::rolling_out();
    story.at(30).counts(1, 4, 3).decide();
    let message = story.status().message;
    assert!(message.starts_with("Deployment demo-app rolls out: 1 of 3 pods are new"), "{message}");
}

#[test]
fn an_end_names_the_target_and_what_became_of_it() {
    let said = |story: &mut Story| {
        story.decide();
        story.status().message
    };
    assert_eq!(
        said(Story::draining().patch("new")),
        "A new pod template came to Deployment demo-app although the gate had never been open."
    );
    let mut deleted = Story::draining();
    deleted.target = Target::Missing;
    assert_eq!(said(&mut deleted), "Deployment demo-app was deleted although the gate had never been open.");
    assert_eq!(
        said(Story::open().order(ActionType::Finish, "hook")),
        "The upgrade is over and brought no new pod template to Deployment demo-app."
    );
    assert_eq!(
        said(Story::rolling_out().patch("old")),
        "Deployment demo-app went back to the pod template that it had before."
    );
}
