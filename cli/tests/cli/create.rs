//! `request`: what is created, and what when the API server refuses, loses an answer, or does not answer at all.

use crate::support::{Api, CREATED, Fault, GATE, NAME, Run, forbidden, hook, invalid, named, object};
use serde_json::json;

const CANNOT: &str = "error: cannot create gate/demo-app-3f9c2a1b in namespace demo: ";

#[test]
fn without_wait_it_creates_and_goes() {
    let api = Api::start();
    hook(&api, &[]).ends(0, CREATED, "");
    let gate = api.gate(NAME);
    assert_eq!(gate["spec"]["ttlSecondsAfterFinished"], 86_400);
    assert_eq!(gate["metadata"]["labels"]["upgradegate.dev/release"], "demo");
}

#[test]
fn a_gate_like_another_has_its_spec_but_not_its_orders() {
    let api = Api::start();
    let mut original = object("old");
    original["spec"]["action"] = json!({"type": "Finish"});
    original["spec"]["deadlineSeconds"] = json!(77);
    api.store(|store| store.create(original)).unwrap();
    Run::start(api.cli(&["request", "--like", "old", "--name", "new"])).ends(
        0,
        "upgradegate.upgradegate.dev/new created",
        "",
    );
    let spec = &api.gate("new")["spec"];
    assert_eq!((&spec["deadlineSeconds"], spec.get("action")), (&json!(77), None));
    Run::start(api.cli(&["request", "--like", "none"])).ends(
        2,
        "",
        "error: cannot copy gate/none in namespace demo: not found",
    );
}

#[test]
fn a_missing_api_is_told_with_how_to_install_it() {
    let no_resource = json!({
        "kind": "Status", "status": "Failure", "code": 404, "reason": "NotFound", "details": {},
        "message": "the server could not find the requested resource",
    });
    for fault in [Fault::Plain(404, "404 page not found\n"), Fault::Answer(404, no_resource)] {
        let api = Api::start();
        api.always("POST", fault);
        hook(&api, &["--wait"]).ends(
            2,
            "",
            &format!(
                "{CANNOT}the UpgradeGate API is not installed in this cluster; install the operator's chart, or apply the \
                 CustomResourceDefinition: kubectl apply -f crds/"
            ),
        );
        assert_eq!(api.count("POST"), 1);
    }
}

#[test]
fn missing_permissions_are_told_in_the_api_servers_words() {
    let api = Api::start();
    api.always("POST", Fault::Answer(403, forbidden()));
    let message = forbidden()["message"].as_str().unwrap().to_owned();
    hook(&api, &["--wait"]).ends(2, "", &format!("{CANNOT}not allowed: {message}"));
}

#[test]
fn a_refused_spec_is_told_by_its_field() {
    let api = Api::start();
    api.always("POST", Fault::Answer(422, invalid("spec.deadlineSeconds", "Invalid value: 0: must be at least 1")));
    hook(&api, &["--wait"]).ends(
        2,
        "",
        &format!("{CANNOT}the API server refused it: spec.deadlineSeconds: Invalid value: 0: must be at least 1"),
    );
}

#[test]
fn a_creation_whose_answer_was_lost_is_found_again() {
    for manifest in [GATE.to_owned(), named("demo-app-3f9c2a1b")] {
        let api = Api::start();
        api.once("POST", Fault::AnswerLost);
        let mut command = api.hook(&manifest, &[]);
        command.env("POD_UID", crate::support::POD_UID);
        Run::start(command).ends(0, CREATED, "");
        assert_eq!(api.count("POST"), 2);
    }
}

#[test]
fn a_random_name_is_found_again_too() {
    let api = Api::start();
    api.once("POST", Fault::AnswerLost);
    let mut run = Run::start(api.hook(GATE, &["--wait", "--operator-timeout", "1ms"]));
    api.await_count("POST", 2);
    let name = api.bodies("POST")[1]["metadata"]["name"].as_str().unwrap().to_owned();
    run.says(&format!("upgradegate.upgradegate.dev/{name} created"));
    run.says(&format!("upgradegate.upgradegate.dev/{name} told to cancel: no operator answered the request"));
}

#[test]
fn trouble_of_the_api_server_passes() {
    let api = Api::start();
    api.once("POST", Fault::Plain(503, "apiserver is starting"));
    api.once("POST", Fault::Plain(429, "slow down"));
    hook(&api, &[]).ends(0, CREATED, "");
    assert_eq!(api.count("POST"), 3);
}

#[test]
fn somebody_elses_gate_under_the_name_is_not_taken() {
    let api = Api::start();
    let mut other = object(NAME);
    other["spec"]["deadlineSeconds"] = json!(5);
    api.store(|store| store.create(other)).unwrap();
    hook(&api, &["--wait"]).ends(
        2,
        "",
        "error: gate/demo-app-3f9c2a1b already exists in namespace demo: a gate is one upgrade; choose another name, or await \
         that one with: kubectl upgradegate -n demo wait demo-app-3f9c2a1b",
    );
    assert_eq!(api.count("PATCH"), 0);
}

#[test]
fn the_same_file_again_is_not_the_same_upgrade() {
    let api = Api::start();
    Run::start(api.hook(&named("x"), &[])).ends(0, "upgradegate.upgradegate.dev/x created", "");
    Run::start(api.hook(&named("x"), &["--wait"])).ends(
        2,
        "",
        "error: gate/x already exists in namespace demo: a gate is one upgrade; choose another name, or await that one with: \
         kubectl upgradegate -n demo wait x",
    );
}

#[test]
fn it_finishes_its_work_though_nobody_reads_its_lines() {
    let api = Api::start();
    let code = Run::deaf(api.hook(&named("x"), &["--wait", "--operator-timeout", "200ms"]));
    assert_eq!(code, Some(3));
    assert_eq!(api.gate("x")["spec"]["action"]["type"], "Cancel");
}

#[test]
fn a_failure_in_the_middle_cancels_what_was_created_before() {
    let api = Api::start();
    api.store(|store| store.create(object("b"))).unwrap();
    let manifests = format!("{}---{}", named("a"), named("b").replace("demo-app", "other"));
    Run::start(api.hook(&manifests, &[])).ends(
        2,
        "upgradegate.upgradegate.dev/a created\nupgradegate.upgradegate.dev/a told to cancel: the request failed",
        "error: gate/b already exists in namespace demo: a gate is one upgrade; choose another name, or await that one with: \
         kubectl upgradegate -n demo wait b",
    );
    assert_eq!(api.gate("a")["spec"]["action"]["type"], "Cancel");
}

#[test]
fn an_api_server_that_is_not_there_is_told() {
    let api = Api::start();
    let command = api.cli(&["status"]);
    drop(api);
    let run = Run::start(command);
    run.ends(
        2,
        "",
        "error: cannot list gates in namespace demo: no connection to the API server: client error (Connect): tcp connect \
         error: Connection refused (os error 111)",
    );
}
