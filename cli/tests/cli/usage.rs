//! What is wrong before any cluster is asked: exit code 2, and a message that says what would be right.

use crate::support::{GATE, Run, cli, named};

fn refused(arguments: &[&str]) -> String {
    let output = cli().args(arguments).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), b"".as_slice()), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn manifest(text: &str) -> Run {
    let mut command = cli();
    command.args(["request", "--env", "GATES"]).env("GATES", text);
    Run::start(command)
}

#[test]
fn it_calls_itself_as_kubectl_calls_it() {
    let help = String::from_utf8(cli().arg("--help").output().unwrap().stdout).unwrap();
    assert!(
        help.starts_with("Drain, then upgrade: request, await and steer gates\n\nUsage: kubectl upgradegate "),
        "{help}"
    );
    assert!(help.contains("3  no operator answered"));
    let version = cli().arg("--version").output().unwrap();
    assert_eq!(version.status.code(), Some(0));
    let version = String::from_utf8(version.stdout).unwrap();
    assert_eq!(version, format!("kubectl-upgradegate {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn usage_errors_name_the_argument() {
    for (arguments, named) in [
        (&["request"] as &[&str], "<--filename <FILE>|--env <VARIABLE>|--like <GATE>>"),
        (&["request", "-f", "x", "--like", "y"], "cannot be used with"),
        (
            &["request", "-f", "x", "--timeout", "soon"],
            "\"soon\" is not a duration such as 5m, 90s, 1h30m or 300 (seconds)",
        ),
        (&["wait"], "<NAME>..."),
        (&["finish"], "<NAME|--release <RELEASE>>"),
        (&["finish", "x", "--release", "y"], "cannot be used with"),
        (&["open", "x"], "--reason <REASON>"),
        (&["open", "x", "--reason", ""], "--reason <REASON>"),
        (&["explode"], "unrecognized subcommand 'explode'"),
        (&[], "Usage: kubectl upgradegate"),
    ] {
        let text = refused(arguments);
        assert!(text.contains(named), "{arguments:?}: {text}");
    }
}

#[test]
fn manifests_that_can_not_be_read_are_told() {
    let missing = ["request", "-f", "none.yaml"];
    assert_eq!(refused(&missing), "error: cannot read none.yaml: No such file or directory (os error 2)\n");
    let unset = ["request", "--env", "GATES"];
    assert_eq!(refused(&unset), "error: cannot read variable GATES: environment variable not found\n");
    manifest("").ends(2, "", "error: variable GATES holds no UpgradeGate");
    manifest(&GATE.replace("180", "soon")).ends(
        2,
        "",
        "error: variable GATES, document 1: spec.deadlineSeconds: invalid type: string \"soon\", expected u32",
    );
    manifest(&GATE.replace("deadlineSeconds", "deadLineSeconds: 1\n  deadlineSeconds")).ends(
        2,
        "",
        "error: variable GATES, document 1: spec.deadLineSeconds: not a field of a new gate; remove it, or look for its right \
         name in: kubectl explain upgradegate.spec --recursive",
    );
}

#[test]
fn standard_input_is_called_by_its_name() {
    let mut command = crate::support::Api::start().cli(&["request", "-f", "-"]);
    let mut child = command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let text = GATE.replace("180", "soon");
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let said = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    assert!(said.starts_with("error: standard input, document 1: spec.deadlineSeconds: "), "{said}");
}

#[test]
fn contradictions_are_told() {
    let api = crate::support::Api::start();
    let two = format!("{}---{}", named("a"), named("b"));
    Run::start(api.hook(&two, &[])).ends(
        2,
        "",
        "error: two gates guard Deployment/demo-app in namespace demo: a target has one running gate at a time; keep one of them",
    );
    Run::start(api.cli(&["finish", "--release", "a,b!=c"])).ends(
        2,
        "",
        "error: --release \"a,b!=c\" is not the name of a Helm release",
    );
    assert_eq!(api.count("POST") + api.count("LIST"), 0);
}

#[test]
fn without_a_cluster_it_says_how_to_name_one() {
    let mut command = cli();
    command.args(["status", "--kubeconfig", "none"]);
    let error = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(error.starts_with("error: no cluster to talk to: failed to read kubeconfig from '\"none\"'"), "{error}");
    assert!(
        error.ends_with("name one with --kubeconfig, --context or the environment variable KUBECONFIG\n"),
        "{error}"
    );
}
