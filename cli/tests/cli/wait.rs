//! `wait`: every ending of a gate, and an API server that fails in between.

use crate::support::{Api, Fault, Run, forbidden, held, object, open, over};
use serde_json::json;

const OPEN: &str = "gate/x 3/3 ready; open until 14:10:00";
const HELD: &str = "gate/x 2/3 ready; demo-app-abc busy since 14:02:11: 1 operation running";

fn with_gate() -> Api {
    let api = Api::start();
    api.store(|store| store.create(object("x"))).unwrap();
    api
}

fn wait(api: &Api) -> Run {
    Run::start(api.cli(&["wait", "x"]))
}

#[test]
fn an_open_gate_lets_through_at_once() {
    let api = with_gate();
    api.status("x", open());
    wait(&api).ends(0, OPEN, "");
}

#[test]
fn a_held_gate_is_awaited() {
    let api = with_gate();
    api.status("x", held());
    let mut run = wait(&api);
    run.says(HELD);
    api.status("x", open());
    run.says(OPEN);
    run.ends(0, "", "");
}

#[test]
fn no_such_gate_is_told_at_once() {
    let api = with_gate();
    Run::start(api.cli(&["wait", "y"])).ends(2, "", "error: cannot await gate/y in namespace demo: not found");
}

#[test]
fn a_gate_that_is_over_lets_nobody_through() {
    for outcome in ["Completed", "Unchanged"] {
        let api = with_gate();
        api.status("x", over(outcome, ""));
        let error = format!("error: gate/x is already over: {outcome}; create another gate for another upgrade");
        wait(&api).ends(1, "", &error);
    }
}

#[test]
fn a_gate_that_is_deleted_or_made_anew_is_refused() {
    let deleted = "error: gate/x was deleted while it was awaited: create another gate";
    for anew in [false, true] {
        let api = with_gate();
        api.status("x", held());
        let mut run = wait(&api);
        run.says(HELD);
        api.store(|store| {
            store.delete("x");
            if anew {
                store.create(object("x")).unwrap();
                store.change("x", |gate| gate["status"] = open());
            }
        });
        run.ends(1, "", deleted);
    }
}

#[test]
fn a_gate_that_is_being_deleted_is_refused_though_it_is_open() {
    let api = with_gate();
    api.status("x", open());
    api.store(|store| store.change("x", |gate| gate["metadata"]["deletionTimestamp"] = json!("2026-11-24T14:01:00Z")));
    wait(&api).ends(
        1,
        "",
        "error: gate/x is being deleted and lets nobody through: create another gate under another name",
    );
}

#[test]
fn a_gate_that_was_told_to_cancel_is_no_longer_open() {
    let api = with_gate();
    api.status("x", open());
    api.store(|store| store.patch("x", &json!({"spec": {"action": {"type": "Cancel"}}})));
    let mut run = wait(&api);
    run.says(OPEN);
    api.status(
        "x",
        json!({"observedGeneration": 2, "phase": "Finished", "outcome": "Cancelled", "message": "called off"}),
    );
    run.ends(
        1,
        "",
        "error: gate/x refused the upgrade: Cancelled: called off\n  see: kubectl -n demo describe upgradegate x",
    );
}

#[test]
fn a_cut_watch_loses_nothing() {
    let api = with_gate();
    api.status("x", held());
    let mut run = wait(&api);
    run.says(HELD);
    for round in 1..=3 {
        api.await_count("WATCH", round);
        api.cut_watches();
    }
    api.await_count("WATCH", 4);
    api.status("x", open());
    run.says(OPEN);
    run.ends(0, "", "");
}

#[test]
fn an_expired_version_begins_again() {
    let api = with_gate();
    let gone = json!({"kind": "Status", "status": "Failure", "code": 410, "reason": "Expired", "message": "too old"});
    api.once("WATCH", Fault::Answer(410, gone));
    api.status("x", held());
    let mut run = wait(&api);
    run.says(HELD);
    api.await_count("WATCH", 2);
    api.status("x", open());
    run.says(OPEN);
}

#[test]
fn trouble_of_the_api_server_is_said_and_passes() {
    let api = with_gate();
    api.status("x", open());
    api.once("GET", Fault::Plain(500, "etcd is away"));
    api.once("GET", Fault::Plain(500, "etcd is away"));
    wait(&api).ends(0, OPEN, "warning: cannot watch gate/x: the API server is in trouble: etcd is away; trying again");
}

#[test]
fn open_is_believed_only_by_a_fresh_look() {
    let api = with_gate();
    api.status("x", held());
    let mut run = wait(&api);
    run.says(HELD);
    api.await_count("WATCH", 1);
    api.once("GET", Fault::Plain(500, "etcd is away"));
    api.status("x", open());
    run.says(OPEN);
    run.ends(0, "", "warning: cannot look again: the API server is in trouble: etcd is away; trying again");
    assert_eq!(api.count("GET"), 3, "the first, the one that failed, and the one that let through");
}

#[test]
fn a_denial_that_is_repeated_is_the_end() {
    let api = with_gate();
    api.always("WATCH", Fault::Answer(403, forbidden()));
    api.status("x", held());
    let message = forbidden()["message"].as_str().unwrap().to_owned();
    let warning = format!("warning: cannot watch gate/x: not allowed: {message}; trying again");
    let error = format!("error: cannot watch gate/x in namespace demo: not allowed: {message}");
    let mut run = wait(&api);
    run.says(HELD);
    run.ends(2, "", &format!("{warning}\n{warning}\n{error}"));
}

#[test]
fn a_silent_api_server_is_not_blamed_on_the_operator() {
    let api = with_gate();
    api.always("GET", Fault::Plain(503, "starting"));
    let arguments = ["wait", "x", "--timeout", "500ms", "--operator-timeout", "10ms"];
    Run::start(api.cli(&arguments)).ends(
        1,
        "",
        "warning: cannot watch gate/x: the API server is in trouble: starting; trying again\n\
         error: timed out after 500ms waiting for the gate to open\n  gate/x nothing is known of it\n  \
         last error: cannot watch gate/x: the API server is in trouble: starting",
    );
}

#[test]
fn no_operator_is_exit_code_3_and_nothing_is_cancelled() {
    let api = with_gate();
    Run::start(api.cli(&["wait", "x", "--operator-timeout", "100ms"])).ends(
        3,
        "",
        "error: no operator answered gate/x within 100ms; is it running? Look with: kubectl -n upgradegate-system get pods",
    );
    assert_eq!(api.count("PATCH"), 0, "it is somebody else's gate");
}

#[test]
fn a_signal_ends_it_and_nothing_is_cancelled() {
    let api = with_gate();
    api.status("x", held());
    let mut run = wait(&api);
    run.says(HELD);
    run.signal("TERM");
    run.ends(1, "", "error: stopped by SIGTERM");
    assert_eq!(api.count("PATCH"), 0);
}

#[test]
fn the_verdict_is_the_termination_message() {
    let api = with_gate();
    let folder = env!("CARGO_TARGET_TMPDIR");
    let file = format!("{folder}/termination-{}", api.address.port());
    let run = |api: &Api| {
        let mut command = api.cli(&["wait", "x"]);
        command.env("UPGRADEGATE_TERMINATION_LOG", &file);
        Run::start(command)
    };
    api.status("x", open());
    run(&api).ends(0, OPEN, "");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "open: gate/x");
    api.status("x", over("NotUsed", "nobody came"));
    run(&api).ends(
        1,
        "",
        "error: gate/x refused the upgrade: NotUsed: nobody came\n  demo-app-abc busy since 14:02:11 UTC: 1 operation running\n  \
         see: kubectl -n demo describe upgradegate x",
    );
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("gate/x refused the upgrade: NotUsed"));
}
