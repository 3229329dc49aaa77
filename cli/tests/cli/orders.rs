//! `finish`, `cancel`, `open` and `status`.

use crate::support::{Api, Fault, Run, forbidden, held, invalid, object, over};
use serde_json::json;

fn with_gates(names: &[&str]) -> Api {
    let api = Api::start();
    for name in names {
        api.store(|store| store.create(object(name))).unwrap();
        api.status(name, held());
    }
    api
}

fn run(api: &Api, arguments: &[&str]) -> Run {
    Run::start(api.cli(arguments))
}

#[test]
fn orders_are_written_into_the_spec_of_that_very_gate() {
    let api = with_gates(&["x"]);
    run(&api, &["open", "x", "--reason", "pager: CVE fix"]).ends(0, "upgradegate.upgradegate.dev/x told to open", "");
    assert_eq!(api.gate("x")["spec"]["action"], json!({"type": "Open", "reason": "pager: CVE fix"}));
    run(&api, &["finish", "x"]).ends(0, "upgradegate.upgradegate.dev/x told to finish", "");
    assert_eq!(api.gate("x")["spec"]["action"], json!({"type": "Finish"}), "the reason was the other order's");
    run(&api, &["cancel", "x", "--reason", "no"]).ends(0, "upgradegate.upgradegate.dev/x told to cancel", "");
    assert!(api.bodies("PATCH").iter().all(|patch| patch["metadata"]["uid"] == "uid-1"));
}

#[test]
fn an_order_is_given_once_and_only_forward() {
    let api = with_gates(&["x"]);
    run(&api, &["cancel", "x"]).ends(0, "upgradegate.upgradegate.dev/x told to cancel", "");
    run(&api, &["cancel", "x"]).ends(0, "gate/x was told to cancel before", "");
    run(&api, &["finish", "x"]).ends(
        1,
        "",
        "error: gate/x was told to cancel before, and an action moves only forward: Open, then Finish, then Cancel",
    );
    assert_eq!(api.count("PATCH"), 1);
}

#[test]
fn an_order_that_came_in_between_is_told_in_plain_words() {
    let api = with_gates(&["x"]);
    let message = "Invalid value: \"object\": an action moves only forward";
    api.always("PATCH", Fault::Answer(422, invalid("spec.action", message)));
    run(&api, &["finish", "x"]).ends(
        2,
        "",
        "error: cannot finish gate/x in namespace demo: the API server refused it: spec.action: an action moves only forward",
    );
    assert_eq!(api.count("GET"), 2, "it looked again");
}

#[test]
fn a_finished_gate_is_finished() {
    let api = with_gates(&["x"]);
    api.status("x", over("Completed", ""));
    run(&api, &["finish", "x"]).ends(0, "gate/x is already over: Completed", "");
    run(&api, &["cancel", "x"]).ends(1, "", "error: gate/x is already over: Completed");
    run(&api, &["open", "x", "--reason", "r"]).ends(
        1,
        "",
        "error: gate/x is already over: Completed; create another gate for another upgrade",
    );
    assert_eq!(api.count("PATCH"), 0);
}

#[test]
fn each_gate_gets_its_order_though_another_fails() {
    let api = with_gates(&["x", "y"]);
    run(&api, &["cancel", "x", "none", "y"]).ends(
        2,
        "upgradegate.upgradegate.dev/x told to cancel\nupgradegate.upgradegate.dev/y told to cancel",
        "error: cannot cancel gate/none in namespace demo: not found",
    );
}

#[test]
fn a_release_finishes_its_running_gates() {
    let api = with_gates(&["cancelled", "over", "x", "y"]);
    api.store(|store| store.patch("cancelled", &json!({"spec": {"action": {"type": "Cancel"}}})));
    api.status("over", over("Completed", ""));
    run(&api, &["finish", "--release", "demo"]).ends(
        0,
        "upgradegate.upgradegate.dev/x told to finish\nupgradegate.upgradegate.dev/y told to finish",
        "",
    );
    let api = with_gates(&[]);
    run(&api, &["finish", "--release", "demo"]).ends(
        0,
        "nothing to finish: no gate of release demo is running in namespace demo",
        "",
    );
}

#[test]
fn best_effort_never_fails_an_upgrade_that_is_done() {
    let api = with_gates(&["x"]);
    api.always("LIST", Fault::Answer(403, forbidden()));
    let message = forbidden()["message"].as_str().unwrap().to_owned();
    run(&api, &["finish", "--release", "demo", "--best-effort"]).ends(
        0,
        "",
        &format!("warning: cannot list the gates of release demo in namespace demo: not allowed: {message}"),
    );
    run(&api, &["finish", "none", "--best-effort"]).ends(
        0,
        "",
        "warning: cannot finish gate/none in namespace demo: not found",
    );
}

#[test]
fn trouble_of_the_api_server_passes() {
    let api = with_gates(&["x"]);
    api.once("PATCH", Fault::AnswerLost);
    run(&api, &["finish", "x"]).ends(0, "upgradegate.upgradegate.dev/x told to finish", "");
    assert_eq!(api.count("PATCH"), 2);
}

#[test]
fn status_shows_all_gates_or_one() {
    let api = with_gates(&["x"]);
    // The age changes while the test runs.
    let table = api.cli(&["status"]).output().unwrap();
    let table = String::from_utf8(table.stdout).unwrap();
    let lines: Vec<_> = table.lines().map(|line| line.split_whitespace().take(4).collect::<Vec<_>>()).collect();
    assert_eq!(lines, [["NAME", "TARGET", "PHASE", "READY"], ["x", "demo-app", "Draining", "2/3"]]);
    let one = String::from_utf8(api.cli(&["status", "x"]).output().unwrap().stdout).unwrap();
    assert!(one.contains("Target:      Deployment/demo-app\n") && one.contains("1 operation running"), "{one}");
    run(&with_gates(&[]), &["status"]).ends(0, "", "No gates found in demo namespace.");
    run(&api, &["status", "none"]).ends(2, "", "error: cannot show gate/none in namespace demo: not found");
}

#[test]
fn status_shows_the_newest_gate_last() {
    let api = with_gates(&["a", "b", "c"]);
    for (name, time) in [("a", "2026-11-24T14:02:00Z"), ("b", "2026-11-24T14:01:00Z"), ("c", "2026-11-24T14:03:00Z")] {
        api.store(|store| store.change(name, |gate| gate["metadata"]["creationTimestamp"] = json!(time)));
    }
    let table = String::from_utf8(api.cli(&["status"]).output().unwrap().stdout).unwrap();
    let names: Vec<_> = table.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["b", "a", "c"]);
}
