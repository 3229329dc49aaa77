//! What the NetworkPolicy of the operator means, by the rules of the API: which connections it lets through. That a network plugin
//! does as it says is shown on the local cluster (`tests/privilege`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::helm::one;

type Labels = BTreeMap<String, String>;

/// One end of a connection: a pod, or an address outside of the pods' network, which has no labels.
#[derive(Clone, Debug, Default)]
struct Peer {
    pod: Option<(Labels, Labels)>,
}

impl Peer {
    /// A pod with these labels, in a namespace with this name.
    fn pod(namespace: &str, labels: &[(&str, &str)]) -> Self {
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Self { pod: Some(([("kubernetes.io/metadata.name".to_owned(), namespace.to_owned())].into(), labels)) }
    }

    fn operator() -> Self {
        let labels = [
            ("app.kubernetes.io/name", "upgradegate"),
            ("app.kubernetes.io/instance", "demo"),
            ("app.kubernetes.io/component", "operator"),
        ];
        Self::pod("apps", &labels)
    }
}

/// Whether labels meet a selector; the charts use `matchLabels` only.
fn meets(selector: &Value, labels: &Labels) -> bool {
    assert_eq!(selector.get("matchExpressions"), None, "not known here");
    let wanted = selector["matchLabels"].as_object().into_iter().flatten();
    wanted.into_iter().all(|(key, value)| labels.get(key).map(String::as_str) == value.as_str())
}

/// Whether a rule's peer (`from` or `to`) is this one. Without a namespaceSelector it is one of the policy's own namespace.
fn is_peer(rule: &Value, own: &str, peer: &Peer) -> bool {
    assert_eq!(rule.get("ipBlock"), None, "not known here");
    let Some((namespace, labels)) = &peer.pod else { return false };
    let of_namespace = match rule.get("namespaceSelector") {
        Some(selector) => meets(selector, namespace),
        None => namespace["kubernetes.io/metadata.name"] == own,
    };
    of_namespace && rule.get("podSelector").is_none_or(|selector| meets(selector, labels))
}

/// Whether a policy lets through what goes `Ingress` to, or `Egress` from, the pod that it selects. No policy, no limit.
fn lets(policy: &Value, direction: &str, selected: &Peer, other: &Peer, port: u16) -> bool {
    let spec = &policy["spec"];
    let selects = selected.pod.as_ref().is_some_and(|(_, labels)| meets(&spec["podSelector"], labels));
    if !selects || !spec["policyTypes"].as_array().unwrap().contains(&json!(direction)) {
        return true;
    }
    let (rules, peers) = if direction == "Ingress" { ("ingress", "from") } else { ("egress", "to") };
    spec[rules].as_array().into_iter().flatten().any(|rule| {
        let own = policy["metadata"]["namespace"].as_str().unwrap();
        let peers = rule.get(peers).and_then(Value::as_array);
        let ports = rule.get("ports").and_then(Value::as_array);
        peers.is_none_or(|peers| peers.is_empty() || peers.iter().any(|peer| is_peer(peer, own, other)))
            && ports
                .is_none_or(|ports| ports.iter().any(|it| it["port"] == port || (it["port"] == "http" && port == 8080)))
    })
}

fn policy(values: &str) -> Value {
    let objects = one().template("upgradegate", &format!("{{networkPolicy: {values}}}"));
    let mut policies = objects.into_iter().filter(|object| object["kind"] == "NetworkPolicy");
    let policy = policies.next().unwrap();
    assert_eq!(policies.next(), None);
    policy
}

const PORTS: [u16; 6] = [22, 80, 443, 6443, 8080, 10250];

#[test]
fn the_policies_allow_this_and_no_more() {
    let monitoring = "[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}]";
    let same_namespace = "[{podSelector: {matchLabels: {app: scraper}}}]";
    let scraper = [("app", "scraper")];
    let peers = [
        ("operator", Peer::operator()),
        ("monitoring", Peer::pod("monitoring", &[])),
        ("scraper", Peer::pod("apps", &scraper)),
        ("scraper elsewhere", Peer::pod("shop", &scraper)),
        ("outside", Peer::default()),
    ];
    for (from, who) in [("[]", None), (monitoring, Some("monitoring")), (same_namespace, Some("scraper"))] {
        for (egress, ports) in [("[]", None), ("[6443]", Some([6443]))] {
            let policy = policy(&format!("{{from: {from}, apiServerPorts: {egress}}}"));
            for (name, peer) in &peers {
                for port in PORTS {
                    let case = format!("{name} {port}, from {from}, apiServerPorts {egress}");
                    // Into the operator: one port, for whom it is said to be.
                    let into = port == 8080 && who.is_none_or(|who| who == *name);
                    assert_eq!(
                        lets(&policy, "Ingress", &Peer::operator(), peer, port),
                        into,
                        "into the operator: {case}"
                    );
                    // Out of it: any pod; outside of them the API server's ports alone, once they are named.
                    let out = peer.pod.is_some() || ports.is_none_or(|ports| ports.contains(&port));
                    assert_eq!(
                        lets(&policy, "Egress", &Peer::operator(), peer, port),
                        out,
                        "out of the operator: {case}"
                    );
                    // Other pods are none of its business.
                    let bystander = Peer::pod("apps", &scraper);
                    assert!(lets(&policy, "Ingress", &bystander, peer, port), "{case}");
                    assert!(lets(&policy, "Egress", &bystander, peer, port), "{case}");
                }
            }
        }
    }
}
