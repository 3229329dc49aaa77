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

const ACCOUNT: [&str; 3] =
    ["ServiceAccount/demo-upgrade-gate", "Role/demo-upgrade-gate", "RoleBinding/demo-upgrade-gate"];

fn with_account(job: &str) -> Vec<String> {
    ACCOUNT.iter().chain([&job]).map(ToString::to_string).collect()
}

#[test]
fn an_upgrade_asks_last_and_finishes_first() {
    for helm in helms() {
        let objects = helm.template("upgrade-gate", GATE);
        assert_eq!(order(&objects, "pre-upgrade"), with_account("Job/demo-upgrade-gate-pre"));
        assert_eq!(order(&objects, "post-upgrade"), with_account("Job/demo-upgrade-gate-post"));
        assert_eq!(weight(find(&objects, "Job/demo-upgrade-gate-pre")), 1_000_000);
        assert!(weight(find(&objects, "Job/demo-upgrade-gate-post")) < -1_000_000);
    }
}

#[test]
fn a_rollback_is_gated_by_switch_only() {
    let objects = one().template("upgrade-gate", GATE);
    assert_eq!(order(&objects, "pre-rollback"), Vec::<String>::new());
    assert_eq!(order(&objects, "post-rollback"), Vec::<String>::new());
    let objects = one().template("upgrade-gate", &GATE.replace("target", "preRollback: true, target"));
    assert_eq!(order(&objects, "pre-rollback"), with_account("Job/demo-upgrade-gate-pre"));
    assert_eq!(order(&objects, "post-rollback"), with_account("Job/demo-upgrade-gate-post"));
}

#[test]
fn installs_and_uninstalls_run_no_job() {
    let objects = one().template("upgrade-gate", GATE);
    for event in ["pre-install", "post-install", "pre-delete"] {
        assert_eq!(order(&objects, event), Vec::<String>::new(), "{event}");
    }
    // Made and deleted once more: what a killed Helm left behind goes with the release.
    assert_eq!(order(&objects, "post-delete"), ACCOUNT);
}

#[test]
fn the_account_is_there_before_a_job_of_any_weight() {
    for weight in ["-1000000", "0", "1000000"] {
        let objects = one().template("upgrade-gate", &GATE.replace("target", &format!("hookWeight: {weight}, target")));
        assert_eq!(order(&objects, "pre-upgrade"), with_account("Job/demo-upgrade-gate-pre"), "{weight}");
    }
}

/// Nothing of the chart is an ordinary resource: those come only after the pre-upgrade hooks, too late for the upgrade that
/// brings the gate. And nothing outlives its event.
#[test]
fn every_object_is_a_hook_that_is_deleted_at_its_end() {
    for helm in helms() {
        for object in helm.template("upgrade-gate", GATE) {
            assert_ne!(annotation(&object, "helm.sh/hook"), "", "{object}");
            assert_eq!(
                annotation(&object, "helm.sh/hook-delete-policy"),
                "before-hook-creation,hook-succeeded,hook-failed",
                "{}",
                id(&object)
            );
            if object["kind"] == "Job" {
                assert_eq!(annotation(&object, "helm.sh/hook-output-log-policy"), "hook-succeeded,hook-failed");
            }
            assert_ne!(object["kind"], "UpgradeGate", "a gate is never a hook resource");
        }
    }
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
            assert_eq!(own.len(), 3, "{own:?}");
            assert!(own.iter().all(|name| name.len() <= 63 && !name.contains('.')), "{own:?}");
            all.extend(own);
        }
        assert_eq!(all.len(), 3 * releases.len(), "{all:?}");
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
            ["demo-back", "demo-back-post", "demo-back-pre", "demo-front", "demo-front-post", "demo-front-pre"];
        assert!(names.iter().eq(expected), "{names:?}");
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
