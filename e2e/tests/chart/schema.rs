//! Each chart's schema takes good values and refuses bad ones, naming the field.

use crate::helm::helms;

/// Values that are right for a chart.
const GOOD: [(&str, &str); 14] = [
    ("upgradegate", "{replicas: 1, image: {tag: abc123}}"),
    ("upgradegate", "{image: {tag: 1234567}}"),
    ("upgradegate", "{global: {anything: [1]}}"),
    ("upgradegate", "{networkPolicy: {apiServerPorts: [6443], from: [{namespaceSelector: {}}]}}"),
    ("upgradegate", "{metrics: {serviceMonitor: {enabled: true, interval: 1m30s, labels: {release: prometheus}}}}"),
    (
        "upgradegate",
        "{nodeSelector: {kubernetes.io/os: linux}, tolerations: [{operator: Exists}], affinity: {nodeAffinity: {}}}",
    ),
    ("upgradegate", "{imagePullSecrets: [{name: registry}], priorityClassName: system-cluster-critical}"),
    ("upgrade-gate", "{target: web, probe: {path: /idle}}"),
    ("upgrade-gate", "{target: web, probe: {path: /idle, port: 65535}, minReady: 1, timeoutSeconds: 180}"),
    ("upgrade-gate", "{target: web, probe: {path: /idle, port: http-2}, minReady: 1%, hookWeight: -5}"),
    ("upgrade-gate", "{gates: [{target: api, onMissingTarget: Open}], probe: {path: /idle}, image: {tag: 1234567}}"),
    ("demo-app", "{version: 2, operationSeconds: 0.5}"),
    ("demo-app", "{version: 2.0.1-rc.1, replicas: 0, unreadyWhileDraining: true}"),
    ("demo-app", "{upgrade-gate: {drain: {path: ''}, preRollback: true}}"),
];

/// Values that are wrong for a chart, and what the refusal must name.
const BAD: [(&str, &str, &str); 42] = [
    ("upgradegate", "{replica: 3}", "replica"),
    ("upgradegate", "{replicas: '2'}", "/replicas"),
    ("upgradegate", "{replicas: -1}", "/replicas"),
    ("upgradegate", "{image: {repo: x}}", "repo"),
    ("upgradegate", "{image: {repository: ''}}", "/image/repository"),
    ("upgradegate", "{image: {tag: 'a b'}}", "/image/tag"),
    ("upgradegate", "{image: {pullPolicy: Sometimes}}", "/image/pullPolicy"),
    ("upgradegate", "{imagePullSecrets: [registry]}", "/imagePullSecrets/0"),
    ("upgradegate", "{crds: {enabled: 'yes'}}", "/crds/enabled"),
    ("upgradegate", "{crds: {install: true}}", "install"),
    ("upgradegate", "{watchNamespace: A_B}", "/watchNamespace"),
    ("upgradegate", "{log: {format: xml}}", "/log/format"),
    ("upgradegate", "{log: {filter: ''}}", "/log/filter"),
    ("upgradegate", "{metrics: {serviceMonitor: {interval: soon}}}", "/metrics/serviceMonitor/interval"),
    ("upgradegate", "{networkPolicy: {apiServerPorts: [0]}}", "/networkPolicy/apiServerPorts/0"),
    ("upgradegate", "{podDisruptionBudget: {minAvailable: 1}}", "minAvailable"),
    ("upgradegate", "{tolerations: {operator: Exists}}", "/tolerations"),
    ("upgradegate", "{podLabels: {tier: 1}}", "/podLabels/tier"),
    ("upgrade-gate", "{target: web, probe: {path: /idle}, timeoutSeconds: 179}", "/timeoutSeconds"),
    ("upgrade-gate", "{target: web, probe: {path: /idle}, timeoutSeconds: 5m}", "/timeoutSeconds"),
    ("upgrade-gate", "{target: 3, probe: {path: /idle}}", "/target"),
    ("upgrade-gate", "{target: web, probe: {path: idle}}", "/probe/path"),
    ("upgrade-gate", "{target: web, probe: {path: '/a b'}}", "/probe/path"),
    ("upgrade-gate", "{target: web, probe: {path: /idle, port: 0}}", "/probe/port"),
    ("upgrade-gate", "{target: web, probe: {path: /idle, port: HTTP}}", "/probe/port"),
    ("upgrade-gate", "{target: web, probe: {path: /idle, port: '8080'}}", "/probe/port"),
    ("upgrade-gate", "{target: web, probe: {path: /idle, host: example.com}}", "host"),
    ("upgrade-gate", "{target: web, probe: {path: /idle, periodSeconds: 0}}", "/probe/periodSeconds"),
    ("upgrade-gate", "{target: web, probe: {path: /idle, timeoutSeconds: 61}}", "/probe/timeoutSeconds"),
    ("upgrade-gate", "{target: web, probe: {path: /idle}, drain: {leaseSeconds: 4}}", "/drain/leaseSeconds"),
    ("upgrade-gate", "{target: web, probe: {path: /idle}, minReady: 0}", "/minReady"),
    ("upgrade-gate", "{target: web, probe: {path: /idle}, minReady: 101%}", "/minReady"),
    ("upgrade-gate", "{target: web, probe: {path: /idle}, onDeadline: Ignore}", "/onDeadline"),
    ("upgrade-gate", "{target: web, probe: {path: /idle}, onMissingTarget: Skip}", "/onMissingTarget"),
    ("upgrade-gate", "{probe: {path: /idle}, gates: [{probe: {path: /idle}}]}", "/gates/0"),
    ("upgrade-gate", "{probe: {path: /idle}, gates: [{target: api, timeoutSeconds: 300}]}", "timeoutSeconds"),
    ("upgrade-gate", "{target: web, probe: {path: /idle}, hookWeight: 1000001}", "/hookWeight"),
    ("upgrade-gate", "{target: web, probe: {path: /idle}, prerollback: true}", "prerollback"),
    ("demo-app", "{operationSeconds: 0}", "/operationSeconds"),
    ("demo-app", "{terminationGracePeriodSeconds: 1}", "/terminationGracePeriodSeconds"),
    ("demo-app", "{service: {port: http}}", "/service/port"),
    ("demo-app", "{upgrade-gate: {timeoutSeconds: 60}}", "/timeoutSeconds"),
];

#[test]
fn good_values_are_taken() {
    for helm in helms() {
        for (chart, values) in GOOD {
            let rendered = helm.try_template("demo", chart, values);
            assert!(rendered.is_ok(), "{} {chart} {values}: {rendered:?}", helm.program);
        }
    }
}

#[test]
fn bad_values_are_refused_by_name() {
    for helm in helms() {
        for (chart, values, field) in BAD {
            let refused = helm.try_template("demo", chart, values).expect_err(values);
            assert!(refused.contains("values don't meet the specifications of the schema"), "{values}: {refused}");
            assert!(refused.contains(field), "{values}: names no {field}: {refused}");
        }
    }
}

/// A version of the demo is what was typed.
#[test]
fn a_version_of_digits_is_a_version() {
    for (typed, version) in [("2", "2"), ("2.5", "2.5"), ("20261124", "20261124"), ("v3", "v3"), ("''", "0.1.0")] {
        for helm in helms() {
            let objects = helm.template("demo-app", &format!("{{version: {typed}}}"));
            let env =
                &crate::helm::find(&objects, "Deployment/demo-app")["spec"]["template"]["spec"]["containers"][0]["env"];
            assert_eq!(env[0], serde_json::json!({"name": "APP_VERSION", "value": version}));
        }
    }
}

/// Numbers stay what they are, also where Helm reads them as floating point.
#[test]
fn a_tag_of_digits_is_a_tag() {
    for helm in helms() {
        let image = |chart: &str, values: &str, object: &str| {
            let objects = helm.template(chart, values);
            crate::helm::find(&objects, object)["spec"]["template"]["spec"]["containers"][0]["image"].clone()
        };
        let operator = image("upgradegate", "{image: {tag: 1234567}}", "Deployment/demo-upgradegate-operator");
        assert_eq!(operator, "upgradegate/operator:1234567");
        assert_eq!(
            image("demo-app", "{image: {tag: 20261124}}", "Deployment/demo-app"),
            "upgradegate/demo-app:20261124"
        );
        let values = "{upgrade-gate: {image: {tag: 1234567}}}";
        assert_eq!(image("demo-app", values, "Job/demo-upgrade-gate-pre"), "upgradegate/cli:1234567");
    }
}
