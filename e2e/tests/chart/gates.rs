//! The gates that the hook requests: how the values of upgrade-gate become manifests.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::Value;
use upgradegate_crds::{OnDeadline, OnMissingTarget, UpgradeGate};

use crate::helm::{find, helms, one, text};

/// The gates in a Job's environment, as the kubelet hands them over: it makes one dollar sign of two.
pub fn requested(job: &Value) -> Vec<UpgradeGate> {
    let env = job["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap();
    let manifests = env.iter().find(|variable| variable["name"] == "UPGRADEGATE_MANIFESTS").unwrap();
    let value = manifests["value"].as_str().unwrap().replace("$$", "$");
    serde_saphyr::from_multiple(&value).unwrap_or_else(|error| panic!("{error}\n{value}"))
}

fn gates(values: &str) -> Vec<UpgradeGate> {
    requested(find(&one().template("upgrade-gate", values), "Job/demo-upgrade-gate-pre"))
}

#[test]
fn three_values_make_a_gate() {
    for helm in helms() {
        let objects = helm.template("upgrade-gate", "{target: web, probe: {path: /idle}, drain: {path: /drain}}");
        let gates = requested(find(&objects, "Job/demo-upgrade-gate-pre"));
        let [gate] = &gates[..] else { panic!("{gates:?}") };
        assert_eq!(gate.metadata.name, None, "the CLI names it by its pod");
        assert_eq!(gate.metadata.namespace.as_deref(), Some("apps"));
        assert_eq!(gate.metadata.labels.as_ref().unwrap()["upgradegate.dev/release"], "demo");
        assert_eq!(gate.spec.target_ref.name, "web");
        assert_eq!(gate.spec.probe.http_get.path, "/idle");
        assert_eq!(gate.spec.probe.http_get.port, IntOrString::String("http".into()));
        assert_eq!(gate.spec.probe.ready, None);
        let drain = gate.spec.drain.as_ref().unwrap();
        assert_eq!((drain.http.path.as_str(), drain.lease_seconds), ("/drain", 60));
        assert_eq!(gate.spec.min_ready, IntOrString::String("100%".into()));
        assert_eq!((gate.spec.on_deadline, gate.spec.on_missing_target), (OnDeadline::Fail, OnMissingTarget::Fail));
        assert_eq!((gate.spec.deadline_seconds, gate.spec.progress_seconds), (180, 600));
        assert_eq!(gate.spec.ttl_seconds_after_finished, Some(86_400));
        assert_eq!(gate.spec.action, None);
    }
}

#[test]
fn without_a_drain_path_pods_are_only_asked() {
    assert_eq!(gates("{target: web, probe: {path: /idle}}")[0].spec.drain, None);
}

#[test]
fn every_value_reaches_the_gate() {
    let values = "
        target: '{{ .Release.Name }}-{{ .Values.global.tier }}'
        global: {tier: front}
        probe: {path: '/idle?for=upgrade', port: 9000, ready: 'response.body.matches(\"^$(ok)$\")', periodSeconds: 2, timeoutSeconds: 3}
        drain: {path: /drain, port: admin, leaseSeconds: 9}
        minReady: 2
        onDeadline: Proceed
        onMissingTarget: Open
        progressSeconds: 60
        timeoutSeconds: 3600
        ttlSecondsAfterFinished: 0";
    let gate = &gates(values)[0].spec;
    assert_eq!(gate.target_ref.name, "demo-front");
    assert_eq!(
        (gate.probe.http_get.path.as_str(), &gate.probe.http_get.port),
        ("/idle?for=upgrade", &IntOrString::Int(9000))
    );
    assert_eq!(
        gate.probe.ready.as_deref(),
        Some("response.body.matches(\"^$(ok)$\")"),
        "dollar signs survive the kubelet"
    );
    assert_eq!((gate.probe.period_seconds, gate.probe.timeout_seconds), (2, 3));
    let drain = gate.drain.as_ref().unwrap();
    assert_eq!((&drain.http.port, drain.lease_seconds), (&IntOrString::String("admin".into()), 9));
    assert_eq!(gate.min_ready, IntOrString::Int(2));
    assert_eq!((gate.on_deadline, gate.on_missing_target), (OnDeadline::Proceed, OnMissingTarget::Open));
    assert_eq!((gate.progress_seconds, gate.deadline_seconds, gate.ttl_seconds_after_finished), (60, 3480, Some(0)));
}

#[test]
fn one_job_asks_for_several_gates_which_inherit_what_they_do_not_say() {
    let values = "
        probe: {path: /idle, port: 9000}
        drain: {path: /drain}
        gates:
          - target: api
          - target: worker
            probe: {path: /busy, ready: response.body.n == 0}
            drain: {path: ''}
            minReady: 50%
          - {target: cron, drain: {leaseSeconds: 30}}";
    let gates = gates(values);
    let names: Vec<_> = gates.iter().map(|gate| gate.spec.target_ref.name.as_str()).collect();
    assert_eq!(names, ["api", "worker", "cron"]);
    let spec = |index: usize| &gates[index].spec;
    assert_eq!(
        (spec(0).probe.http_get.path.as_str(), &spec(0).min_ready),
        ("/idle", &IntOrString::String("100%".into()))
    );
    assert_eq!(
        (spec(1).probe.http_get.path.as_str(), &spec(1).min_ready),
        ("/busy", &IntOrString::String("50%".into()))
    );
    assert_eq!(spec(1).probe.http_get.port, IntOrString::Int(9000));
    assert_eq!(spec(1).drain, None);
    let cron = spec(2).drain.as_ref().unwrap();
    assert_eq!((cron.http.path.as_str(), cron.lease_seconds), ("/drain", 30));
}

#[test]
fn what_makes_no_gate_is_refused_with_what_to_do() {
    for (values, hint) in [
        ("{}", "upgrade-gate.target: name the Deployment"),
        (
            "{target: '{{ .Values.global.none }}', global: {none: ''}, probe: {path: /idle}}",
            "upgrade-gate.target: name the Deployment",
        ),
        ("{target: web}", "upgrade-gate.probe.path: name the path"),
        ("{target: web, gates: [{target: api}], probe: {path: /idle}}", "both set"),
        ("{gates: [{target: api}, {target: api}], probe: {path: /idle}}", "the target api is there twice"),
        (
            "{target: web, probe: {path: /idle, timeoutSeconds: 30}, drain: {path: /drain}}",
            "at least three times probe.timeoutSeconds, so 90 for web",
        ),
        (
            "{target: web, probe: {path: /idle}, serviceAccount: {create: false}}",
            "upgrade-gate.serviceAccount.name: name a ServiceAccount",
        ),
    ] {
        for helm in helms() {
            let refused = helm.try_template("demo", "upgrade-gate", values);
            assert!(refused.as_ref().is_err_and(|error| error.contains(hint)), "{values}: {hint}: {refused:?}");
        }
    }
}

#[test]
fn the_demo_guards_its_own_deployment() {
    for helm in helms() {
        let objects = helm.template("demo-app", "{}");
        let gates = requested(find(&objects, "Job/demo-upgrade-gate-pre"));
        let deployment = find(&objects, &format!("Deployment/{}", gates[0].spec.target_ref.name));
        let port = &deployment["spec"]["template"]["spec"]["containers"][0]["ports"][0];
        assert_eq!(gates[0].spec.probe.http_get.port, IntOrString::String(text(port, "/name").into()));
    }
}
