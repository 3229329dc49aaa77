//! The hooks of upgrade-gate: when they run, in which order, for how long, under which names.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::helm::{Helm, annotation, find, helms, id, one};

const GATE: &str = "{target: web, probe: {path: /idle}, drain: {path: /drain}}";

fn events(object: &Value) -> BTreeSet<&str> {
    annotation(object, "helm.sh/hook").split(',').collect()
}

fn weight(object: &Value) -> i64 {
    annotation(object, "helm.sh/hook-weight").parse().unwrap()
}

/// The hooks of an event in Helm's order: by weight, then by name.
fn order(objects: &[Value], event: &str) -> Vec<String> {
    let mut hooks: Vec<_> = objects.iter().filter(|object| events(object).contains(event)).collect();
    hooks.sort_by_key(|hook| (weight(hook), hook["metadata"]["name"].as_str().unwrap_or_default().to_owned()));
    hooks.into_iter().map(id).collect()
}

/// The account of the upgrade that brings the gate, in the order in which its parts must come.
const FIRST: [&str; 3] =
    ["ServiceAccount/demo-upgrade-gate-first", "Role/demo-upgrade-gate-first", "RoleBinding/demo-upgrade-gate-first"];

fn with_first(job: &str) -> Vec<String> {
    FIRST.iter().chain([&job]).map(ToString::to_string).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn an_upgrade_asks_last_and_finishes_first() {
    for helm in helms() {
        let objects = helm.template("upgrade-gate", GATE);
        assert_eq!(order(&objects, "pre-upgrade"), with_first("Job/demo-upgrade-gate-pre"));
        assert_eq!(order(&objects, "post-upgrade"), ["Job/demo-upgrade-gate-post"]);
        assert_eq!(weight(find(&objects, "Job/demo-upgrade-gate-pre")), 1_000_000);
        assert!(weight(find(&objects, "Job/demo-upgrade-gate-post")) < -1_000_000);
    }
}

/// Helm renders without a cluster here, so it sees what the upgrade that brings the gate sees: no account of the release.
#[test]
fn each_job_has_an_account_that_is_there_by_then() {
    for helm in helms() {
        let objects = helm.template("upgrade-gate", GATE);
        let account = |job: &str| find(&objects, job)["spec"]["template"]["spec"]["serviceAccountName"].clone();
        assert_eq!(account("Job/demo-upgrade-gate-pre"), "demo-upgrade-gate-first");
        assert_eq!(account("Job/demo-upgrade-gate-post"), "demo-upgrade-gate");
    }
}

#[test]
fn a_rollback_is_gated_by_switch_only() {
    let objects = one().template("upgrade-gate", GATE);
    assert_eq!(order(&objects, "pre-rollback"), NONE);
    assert_eq!(order(&objects, "post-rollback"), NONE);
    let objects = one().template("upgrade-gate", &GATE.replace("target", "preRollback: true, target"));
    assert_eq!(order(&objects, "pre-rollback"), with_first("Job/demo-upgrade-gate-pre"));
    assert_eq!(order(&objects, "post-rollback"), ["Job/demo-upgrade-gate-post"]);
}

#[test]
fn installs_and_uninstalls_run_no_job() {
    let objects = one().template("upgrade-gate", GATE);
    for event in ["pre-install", "post-install", "pre-delete"] {
        assert_eq!(order(&objects, event), NONE, "{event}");
    }
    // Made and deleted once more: what a killed Helm left behind goes with the release.
    assert_eq!(order(&objects, "post-delete"), FIRST);
}

#[test]
fn the_account_is_there_before_a_job_of_any_weight() {
    for weight in ["-1000000", "0", "1000000"] {
        let objects = one().template("upgrade-gate", &GATE.replace("target", &format!("hookWeight: {weight}, target")));
        assert_eq!(order(&objects, "pre-upgrade"), with_first("Job/demo-upgrade-gate-pre"), "{weight}");
    }
}

/// What is no hook goes with the release; what is a hook goes at its end.
#[test]
fn nothing_is_left_behind() {
    for helm in helms() {
        let objects = helm.template("upgrade-gate", GATE);
        let (hooks, release): (Vec<_>, Vec<_>) =
            objects.iter().partition(|object| events(object) != BTreeSet::from([""]));
        let mut release: Vec<_> = release.into_iter().map(id).collect();
        release.sort();
        assert_eq!(
            release,
            ["Role/demo-upgrade-gate", "RoleBinding/demo-upgrade-gate", "ServiceAccount/demo-upgrade-gate"]
        );
        for hook in hooks {
            let policy = annotation(hook, "helm.sh/hook-delete-policy");
            assert_eq!(policy, "before-hook-creation,hook-succeeded,hook-failed", "{}", id(hook));
            let logs = if hook["kind"] == "Job" { "hook-succeeded,hook-failed" } else { "" };
            assert_eq!(annotation(hook, "helm.sh/hook-output-log-policy"), logs, "{}", id(hook));
        }
    }
}

#[test]
fn a_gate_is_never_an_object_of_the_chart() {
    let objects = one().template("upgrade-gate", GATE);
    assert!(objects.iter().all(|object| object["kind"] != "UpgradeGate"));
}

/// The gate's verdict comes first, then the CLI's, then the Job's, then Helm's.
#[test]
fn one_timeout_sets_all() {
    for timeout in [180, 300, 86_400] {
        let objects =
            one().template("upgrade-gate", &GATE.replace("target", &format!("timeoutSeconds: {timeout}, target")));
        let job = find(&objects, "Job/demo-upgrade-gate-pre");
        let gates = crate::gates::requested(job);
        assert_eq!(i64::from(gates[0].spec.deadline_seconds), timeout - 120);
        let args = &job["spec"]["template"]["spec"]["containers"][0]["args"];
        let cli = format!("--timeout={}s", timeout - 90);
        assert_eq!(args, &json!(["request", "--env=UPGRADEGATE_MANIFESTS", "--wait", cli]));
        assert_eq!(job["spec"]["activeDeadlineSeconds"], timeout - 60);
    }
}

#[test]
fn a_job_runs_one_pod_once() {
    for helm in helms() {
        let objects = helm.template("upgrade-gate", GATE);
        for job in ["Job/demo-upgrade-gate-pre", "Job/demo-upgrade-gate-post"] {
            let job = find(&objects, job);
            assert_eq!(job["spec"]["backoffLimit"], 0);
            assert_eq!(job["spec"]["ttlSecondsAfterFinished"], 300);
            let pod = &job["spec"]["template"]["spec"];
            assert_eq!((&pod["restartPolicy"], &pod["terminationGracePeriodSeconds"]), (&json!("Never"), &json!(10)));
            let labels = &job["spec"]["template"]["metadata"]["labels"];
            assert_eq!(labels.get("app.kubernetes.io/instance"), None, "a Service may select by it alone");
            assert_eq!(labels["sidecar.istio.io/inject"], "false");
        }
        let finish = &find(&objects, "Job/demo-upgrade-gate-post")["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(finish["args"], json!(["finish", "--release=demo", "--best-effort"]));
        let env = &find(&objects, "Job/demo-upgrade-gate-pre")["spec"]["template"]["spec"]["containers"][0]["env"];
        assert_eq!(env[0], json!({"name": "POD_UID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}}));
    }
}

fn names(helm: &Helm, release: &str, chart: &str, values: &str) -> Vec<String> {
    let objects = helm.try_template(release, chart, values).unwrap();
    objects.iter().map(|object| object["metadata"]["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn names_fit_and_differ_whatever_the_release_is_called() {
    let long = "r".repeat(52);
    let releases = ["a", "shop.example", &format!("{long}a"), &format!("{long}b")];
    for helm in helms() {
        let mut all = BTreeSet::new();
        for release in releases {
            let own: BTreeSet<_> = names(&helm, release, "upgrade-gate", GATE).into_iter().collect();
            assert_eq!(own.len(), 4, "{own:?}");
            assert!(own.iter().all(|name| name.len() <= 63 && !name.contains('.')), "{own:?}");
            all.extend(own);
        }
        assert_eq!(all.len(), 4 * releases.len(), "{all:?}");
    }
}

/// A chart may depend on the gate twice, under aliases, as a folder of charts that were put together may do.
#[test]
fn two_aliases_in_a_release_do_not_meet() {
    let parent = tempfile("aliases");
    std::fs::create_dir_all(parent.join("charts")).unwrap();
    let link = parent.join("charts/upgrade-gate");
    let _ = std::fs::remove_file(&link);
    std::os::unix::fs::symlink(crate::helm::checkout("chart/upgrade-gate"), link).unwrap();
    let dependency = |alias: &str| format!("  - {{name: upgrade-gate, version: 0.1.0, alias: {alias}}}\n");
    let chart = format!(
        "apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies:\n{}{}",
        dependency("front"),
        dependency("back")
    );
    std::fs::write(parent.join("Chart.yaml"), chart).unwrap();
    let values = "{front: {target: web, probe: {path: /idle}}, back: {target: db, probe: {path: /idle}}}";
    for helm in helms() {
        let names: BTreeSet<_> = names(&helm, "demo", parent.to_str().unwrap(), values).into_iter().collect();
        let expected =
            ["back", "front"].map(|alias| ["", "-first", "-post", "-pre"].map(|end| format!("demo-{alias}{end}")));
        assert!(names.iter().eq(expected.iter().flatten()), "{names:?}");
    }
}

/// A folder in cargo's target folder.
fn tempfile(name: &str) -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn switched_off_there_is_nothing() {
    for helm in helms() {
        assert_eq!(helm.template("upgrade-gate", "{enabled: false}"), Vec::<Value>::new());
        let demo = helm.template("demo-app", "{upgrade-gate: {enabled: false}}");
        let mut ids: Vec<_> = demo.iter().map(id).collect();
        ids.sort();
        assert_eq!(ids, ["Deployment/demo-app", "Service/demo-app"]);
    }
}
