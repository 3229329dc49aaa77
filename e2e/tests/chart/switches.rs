//! Every switch of the operator's chart, alone and with each other one: each does what it says and nothing else.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::helm::{annotation, find, helms, id, one};

/// A switch away from its default, as a path and a value.
type Switch = (&'static [&'static str], fn() -> Value);

const SWITCHES: [Switch; 10] = [
    (&["crds", "enabled"], || json!(false)),
    (&["crds", "keep"], || json!(false)),
    (&["replicas"], || json!(1)),
    (&["watchNamespace"], || json!("shop")),
    (&["rbac", "create"], || json!(false)),
    (&["rbac", "aggregateClusterRoles"], || json!(false)),
    (&["serviceAccount"], || json!({"create": false, "name": "own"})),
    (&["metrics", "serviceMonitor", "enabled"], || json!(true)),
    (&["networkPolicy", "enabled"], || json!(false)),
    (&["podDisruptionBudget", "enabled"], || json!(false)),
];

/// None, each, each two, and all of the switches.
fn combinations() -> Vec<Vec<usize>> {
    let all = 0..SWITCHES.len();
    let pairs = all.clone().flat_map(|a| (a + 1..SWITCHES.len()).map(move |b| vec![a, b]));
    std::iter::once(vec![]).chain(all.clone().map(|one| vec![one])).chain(pairs).chain([all.collect()]).collect()
}

fn values(switches: &[usize]) -> Value {
    let mut values = json!({});
    for (path, value) in switches.iter().map(|index| SWITCHES[*index]) {
        let place = path.iter().fold(&mut values, |place, key| &mut place[*key]);
        *place = value();
    }
    values
}

/// What must be there with these switches.
fn expected(switches: &[usize]) -> BTreeSet<String> {
    let flipped = |path: &[&str]| switches.iter().any(|index| SWITCHES[*index].0 == path);
    let operator = "demo-upgradegate-operator";
    let scope = if flipped(&["watchNamespace"]) { "" } else { "Cluster" };
    let mut ids = vec![format!("Deployment/{operator}"), format!("Lease/{operator}"), format!("Service/{operator}")];
    if !flipped(&["crds", "enabled"]) {
        ids.push("CustomResourceDefinition/upgradegates.upgradegate.dev".into());
    }
    if !flipped(&["rbac", "create"]) {
        ids.extend([format!("{scope}Role/{operator}"), format!("{scope}RoleBinding/{operator}")]);
        ids.extend([format!("Role/{operator}-lease"), format!("RoleBinding/{operator}-lease")]);
    }
    if !flipped(&["rbac", "aggregateClusterRoles"]) {
        ids.extend(["view", "edit"].map(|role| format!("ClusterRole/demo-upgradegate-{role}")));
    }
    if !flipped(&["serviceAccount"]) {
        ids.push(format!("ServiceAccount/{operator}"));
    }
    if flipped(&["metrics", "serviceMonitor", "enabled"]) {
        ids.push(format!("ServiceMonitor/{operator}"));
    }
    if !flipped(&["networkPolicy", "enabled"]) {
        ids.push(format!("NetworkPolicy/{operator}"));
    }
    if !flipped(&["podDisruptionBudget", "enabled"]) && !flipped(&["replicas"]) {
        ids.push(format!("PodDisruptionBudget/{operator}"));
    }
    ids.into_iter().collect()
}

#[test]
fn every_two_switches_together_render_what_they_should() {
    for helm in helms() {
        for switches in combinations() {
            let values = values(&switches).to_string();
            let objects = helm.template("upgradegate", &values);
            let ids: BTreeSet<_> = objects.iter().map(id).collect();
            assert_eq!(ids.len(), objects.len(), "{values}: an object is there twice");
            assert_eq!(ids, expected(&switches), "{values}");
        }
    }
}

#[test]
fn the_crd_outlives_the_release_unless_it_is_told_not_to() {
    for helm in helms() {
        let policy = |values: &str| {
            let objects = helm.template("upgradegate", values);
            let crd = find(&objects, "CustomResourceDefinition/upgradegates.upgradegate.dev");
            annotation(crd, "helm.sh/resource-policy").to_owned()
        };
        assert_eq!(policy("{}"), "keep");
        assert_eq!(policy("{crds: {keep: false}}"), "");
    }
}

/// The port of an API server behind its Service differs from cluster to cluster: a policy that guessed it would cut the
/// operator off.
#[test]
fn egress_is_open_until_the_ports_of_the_api_server_are_named() {
    let spec = |values: &str| {
        find(&one().template("upgradegate", values), "NetworkPolicy/demo-upgradegate-operator")["spec"].clone()
    };
    let open = spec("{}");
    assert_eq!(open["policyTypes"], json!(["Ingress"]));
    assert_eq!(open["ingress"], json!([{"ports": [{"port": "http", "protocol": "TCP"}]}]));
    let closed = spec("{networkPolicy: {apiServerPorts: [443, 6443], from: [{podSelector: {}}]}}");
    assert_eq!(closed["policyTypes"], json!(["Ingress", "Egress"]));
    assert_eq!(closed["ingress"][0]["from"], json!([{"podSelector": {}}]));
    assert_eq!(
        closed["egress"],
        json!([
            {"to": [{"namespaceSelector": {}}]},
            {"ports": [{"port": 443, "protocol": "TCP"}, {"port": 6443, "protocol": "TCP"}]},
        ])
    );
}

#[test]
fn the_operator_is_called_as_its_command_line_wants() {
    let objects = one().template("upgradegate", "{log: {format: text, filter: 'info,upgradegate_operator=debug'}}");
    let pod = &find(&objects, "Deployment/demo-upgradegate-operator")["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!(
        container["args"],
        json!([
            "--listen=0.0.0.0:8080",
            "--log-format=text",
            "--log-filter=info,upgradegate_operator=debug",
            "--lease-name=demo-upgradegate-operator",
        ])
    );
    let env: Vec<_> =
        container["env"].as_array().unwrap().iter().map(|variable| variable["name"].as_str().unwrap()).collect();
    assert_eq!(env, ["MALLOC_ARENA_MAX", "POD_NAME", "POD_NAMESPACE"]);
    assert_eq!(pod["terminationGracePeriodSeconds"], 15);
    assert_eq!(container["livenessProbe"]["httpGet"], json!({"path": "/livez", "port": "http"}));
    assert_eq!(container["readinessProbe"]["httpGet"], json!({"path": "/readyz", "port": "http"}));
}

/// What selects the operator's pods must select them, and a release's name must not come twice in theirs.
#[test]
fn selectors_meet_labels() {
    let objects = one()
        .try_template("upgradegate", "upgradegate", "{podLabels: {app.kubernetes.io/name: mine, team: a}}")
        .unwrap();
    let deployment = &find(&objects, "Deployment/upgradegate-operator")["spec"];
    let labels = deployment["template"]["metadata"]["labels"].as_object().unwrap();
    assert_eq!(labels["team"], "a");
    for (object, pointer) in [
        ("Deployment/upgradegate-operator", "/spec/selector/matchLabels"),
        ("Service/upgradegate-operator", "/spec/selector"),
        ("PodDisruptionBudget/upgradegate-operator", "/spec/selector/matchLabels"),
        ("NetworkPolicy/upgradegate-operator", "/spec/podSelector/matchLabels"),
    ] {
        let selector = find(&objects, object).pointer(pointer).unwrap().as_object().unwrap();
        assert!(selector.iter().all(|(key, value)| labels.get(key) == Some(value)), "{object}");
    }
}
