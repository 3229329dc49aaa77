//! `request --wait`: what is awaited, and what is cancelled when it goes wrong.

use crate::support::{Api, CREATED, Fault, NAME, Run, forbidden, held, hook, named, open, over};
use serde_json::json;

#[test]
fn a_busy_application_is_awaited_with_a_line_a_change() {
    let api = Api::start();
    let mut run = hook(&api, &["--wait"]);
    run.says(CREATED);
    api.status(NAME, held());
    run.says("gate/demo-app-3f9c2a1b 2/3 ready; demo-app-abc busy since 14:02:11: 1 operation running");
    api.status(NAME, held());
    api.status(NAME, open());
    run.says("gate/demo-app-3f9c2a1b 3/3 ready; open until 14:10:00");
    run.ends(0, "", "");
    assert_eq!(api.count("PATCH"), 0, "an open gate is left open");
}

#[test]
fn the_deadline_is_told_with_outcome_and_members() {
    let api = Api::start();
    let mut run = hook(&api, &["--wait"]);
    run.says(CREATED);
    api.status(NAME, over("DeadlineExceeded", "1 of 3 members was not ready at the deadline"));
    run.ends(
        1,
        "",
        "error: gate/demo-app-3f9c2a1b refused the upgrade: DeadlineExceeded: 1 of 3 members was not ready at the deadline\n  \
         demo-app-abc busy since 14:02:11 UTC: 1 operation running\n  \
         see: kubectl -n demo describe upgradegate demo-app-3f9c2a1b",
    );
    assert_eq!(api.count("PATCH"), 0, "what is over is not cancelled");
}

#[test]
fn a_missing_target_is_told_in_the_operators_words() {
    let api = Api::start();
    let mut run = hook(&api, &["--wait"]);
    run.says(CREATED);
    let status = json!({"observedGeneration": 1, "phase": "Finished", "outcome": "TargetNotFound", "message": "there is no Deployment demo-app"});
    api.status(NAME, status);
    run.ends(
        1,
        "",
        "error: gate/demo-app-3f9c2a1b refused the upgrade: TargetNotFound: there is no Deployment demo-app\n  \
         see: kubectl -n demo describe upgradegate demo-app-3f9c2a1b",
    );
}

#[test]
fn no_operator_is_exit_code_3_and_the_gate_is_cancelled() {
    let api = Api::start();
    hook(&api, &["--wait", "--operator-timeout", "300ms"]).ends(
        3,
        "upgradegate.upgradegate.dev/demo-app-3f9c2a1b created\n\
         upgradegate.upgradegate.dev/demo-app-3f9c2a1b told to cancel: no operator answered the request",
        "error: no operator answered gate/demo-app-3f9c2a1b within 300ms; is it running? Look with: kubectl -n \
         upgradegate-system get pods",
    );
    assert_eq!(api.gate(NAME)["spec"]["action"]["type"], "Cancel");
}

#[test]
fn a_timeout_says_what_held_the_gate_and_cancels_it() {
    let api = Api::start();
    let mut run = hook(&api, &["--wait", "--timeout", "1s"]);
    run.says(CREATED);
    api.status(NAME, held());
    run.says("gate/demo-app-3f9c2a1b 2/3 ready; demo-app-abc busy since 14:02:11: 1 operation running");
    run.ends(
        1,
        "upgradegate.upgradegate.dev/demo-app-3f9c2a1b told to cancel: the request timed out",
        "error: timed out after 1s waiting for the gate to open\n  gate/demo-app-3f9c2a1b 2/3 ready\n  \
         demo-app-abc busy since 14:02:11 UTC: 1 operation running",
    );
}

#[test]
fn sigterm_and_sigint_cancel_what_was_created() {
    for signal in ["TERM", "INT"] {
        let api = Api::start();
        let mut run = hook(&api, &["--wait"]);
        run.says(CREATED);
        run.signal(signal);
        run.ends(
            1,
            &format!("upgradegate.upgradegate.dev/{NAME} told to cancel: the request was stopped by SIG{signal}"),
            &format!("error: stopped by SIG{signal}"),
        );
        let reason = format!("the request was stopped by SIG{signal}");
        let patch = json!({"metadata": {"uid": "uid-1"}, "spec": {"action": {"type": "Cancel", "reason": reason}}});
        assert_eq!(api.bodies("PATCH"), [patch]);
    }
}

#[test]
fn a_cancel_that_is_refused_tells_how_to_do_it_by_hand() {
    let api = Api::start();
    api.always("PATCH", Fault::Answer(403, forbidden()));
    let mut run = hook(&api, &["--wait"]);
    run.says(CREATED);
    run.signal("TERM");
    let message = forbidden()["message"].as_str().unwrap().to_owned();
    run.ends(
        1,
        "",
        &format!(
            "error: gate/{NAME} is not cancelled: not allowed: {message}; cancel it by hand: kubectl upgradegate -n demo \
             cancel {NAME}\nerror: stopped by SIGTERM"
        ),
    );
}

#[test]
fn several_gates_let_through_only_while_all_are_open() {
    let api = Api::start();
    let manifests = format!("{}---{}", named("a"), named("b").replace("demo-app", "other"));
    let mut run = Run::start(api.hook(&manifests, &["--wait"]));
    run.says("upgradegate.upgradegate.dev/a created");
    run.says("upgradegate.upgradegate.dev/b created");
    api.status("a", open());
    run.says("gate/a 3/3 ready; open until 14:10:00");
    api.status("a", held());
    run.says("gate/a 2/3 ready; demo-app-abc busy since 14:02:11: 1 operation running");
    api.status("b", open());
    run.says("gate/b 3/3 ready; open until 14:10:00");
    api.status("a", open());
    run.says("gate/a 3/3 ready; open until 14:10:00");
    run.ends(0, "", "");
}

#[test]
fn one_refused_gate_cancels_the_others() {
    let api = Api::start();
    let manifests = format!("{}---{}", named("a"), named("b").replace("demo-app", "other"));
    let mut run = Run::start(api.hook(&manifests, &["--wait"]));
    run.says("upgradegate.upgradegate.dev/a created");
    run.says("upgradegate.upgradegate.dev/b created");
    api.status("b", json!({"observedGeneration": 1, "phase": "Resuming", "outcome": "Superseded"}));
    run.ends(
        1,
        "upgradegate.upgradegate.dev/a told to cancel: another gate of the request was refused",
        "error: gate/b refused the upgrade: Superseded\n  see: kubectl -n demo describe upgradegate b",
    );
}
