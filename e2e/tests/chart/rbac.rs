//! The rights that the charts give, as whole lists: what is not here is not given.

use serde_json::{Value, json};

use crate::helm::{find, helms, id, one};

fn operator_rules() -> Value {
    json!([
        {"apiGroups": ["upgradegate.dev"], "resources": ["upgradegates"], "verbs": ["get", "list", "watch", "patch", "delete"]},
        {"apiGroups": ["upgradegate.dev"], "resources": ["upgradegates/status"], "verbs": ["update"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": ["apps"], "resources": ["replicasets"], "verbs": ["list", "watch"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create"]},
    ])
}

/// `Kind/name` and rules of every role among objects, sorted.
fn roles(objects: &[Value]) -> Vec<(String, Value)> {
    let mut roles: Vec<_> = objects
        .iter()
        .filter(|object| object.get("rules").is_some())
        .map(|role| (id(role), role["rules"].clone()))
        .collect();
    roles.sort_by(|a, b| a.0.cmp(&b.0));
    roles
}

#[test]
fn the_operator_may_do_this_and_no_more() {
    for helm in helms() {
        let objects = helm.template("upgradegate", "{}");
        let view = json!([{"apiGroups": ["upgradegate.dev"], "resources": ["upgradegates"], "verbs": ["get", "list", "watch"]}]);
        let edit = json!([{"apiGroups": ["upgradegate.dev"], "resources": ["upgradegates"],
                           "verbs": ["create", "update", "patch", "delete", "deletecollection"]}]);
        let lease = json!([
            {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"],
             "resourceNames": ["demo-upgradegate-operator"], "verbs": ["get", "list", "watch", "update"]},
            {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]},
        ]);
        assert_eq!(
            roles(&objects),
            [
                ("ClusterRole/demo-upgradegate-edit".to_owned(), edit),
                ("ClusterRole/demo-upgradegate-operator".to_owned(), operator_rules()),
                ("ClusterRole/demo-upgradegate-view".to_owned(), view),
                ("Role/demo-upgradegate-operator-lease".to_owned(), lease),
            ]
        );
    }
}

#[test]
fn rights_of_users_are_never_the_operators() {
    let objects = one().template("upgradegate", "{}");
    for binding in objects.iter().filter(|object| object.get("roleRef").is_some()) {
        assert!(id(binding).contains("operator"), "{binding}");
        let account = json!([{"kind": "ServiceAccount", "name": "demo-upgradegate-operator", "namespace": "apps"}]);
        assert_eq!(binding["subjects"], account);
    }
    let labels = |name: &str| find(&objects, name)["metadata"]["labels"].as_object().unwrap().clone();
    let to = |name: &str| {
        let mut to: Vec<_> =
            labels(name).keys().filter_map(|key| key.split_once("aggregate-to-").map(|it| it.1.to_owned())).collect();
        to.sort();
        to
    };
    assert_eq!(to("ClusterRole/demo-upgradegate-view"), ["admin", "edit", "view"]);
    assert_eq!(to("ClusterRole/demo-upgradegate-edit"), ["admin", "edit"]);
    assert_eq!(to("ClusterRole/demo-upgradegate-operator"), Vec::<String>::new());
}

#[test]
fn an_operator_of_one_namespace_has_no_rights_in_others() {
    let values = "{watchNamespace: shop, rbac: {aggregateClusterRoles: false}}";
    let objects = one().template("upgradegate", values);
    assert!(objects.iter().all(|object| !id(object).starts_with("ClusterRole")), "{objects:?}");
    let role = find(&objects, "Role/demo-upgradegate-operator");
    assert_eq!((&role["rules"], role["metadata"]["namespace"].as_str()), (&operator_rules(), Some("shop")));
    let binding = find(&objects, "RoleBinding/demo-upgradegate-operator");
    assert_eq!(binding["metadata"]["namespace"], "shop");
    assert_eq!(binding["roleRef"]["kind"], "Role");
    let args =
        find(&objects, "Deployment/demo-upgradegate-operator")["spec"]["template"]["spec"]["containers"][0]["args"]
            .clone();
    assert!(args.as_array().unwrap().contains(&json!("--namespace=shop")), "{args}");
}

/// The release's account, and the one of the upgrade that brings it.
#[test]
fn the_hook_may_make_and_await_gates_and_no_more() {
    for helm in helms() {
        let objects = helm.template("demo-app", "{}");
        let rules =
            |verbs: &[&str]| json!([{"apiGroups": ["upgradegate.dev"], "resources": ["upgradegates"], "verbs": verbs}]);
        let names = ["demo-upgrade-gate", "demo-upgrade-gate-first"];
        let granted =
            [rules(&["get", "list", "watch", "create", "patch"]), rules(&["get", "watch", "create", "patch"])];
        assert_eq!(roles(&objects), [0, 1].map(|one| (format!("Role/{}", names[one]), granted[one].clone())));
        for name in names {
            let binding = find(&objects, &format!("RoleBinding/{name}"));
            assert_eq!(binding["roleRef"]["name"], name);
            assert_eq!(binding["subjects"], json!([{"kind": "ServiceAccount", "name": name, "namespace": "apps"}]));
        }
    }
}

#[test]
fn a_service_account_of_ones_own_gets_nothing_from_the_charts() {
    let objects = one().template("demo-app", "{upgrade-gate: {serviceAccount: {create: false, name: deployer}}}");
    for kind in ["ServiceAccount/", "Role/", "RoleBinding/"] {
        assert!(objects.iter().all(|object| !id(object).starts_with(kind)), "{kind}");
    }
    for job in ["Job/demo-upgrade-gate-pre", "Job/demo-upgrade-gate-post"] {
        assert_eq!(find(&objects, job)["spec"]["template"]["spec"]["serviceAccountName"], "deployer");
    }
}
