//! Rights against requests, both ways.

use std::collections::BTreeMap;

use super::{Request, Right, Seen};

/// What an account was granted and what it used.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Each right, and how often it was used.
    pub used: Vec<(Right, u64)>,
    /// What it was refused while it had no right to it for a time: tests take rights away and give them back.
    pub refused: Vec<(Right, u64)>,
    /// What it asked for without a right of its own, a line each.
    pub without_right: Vec<String>,
}

impl Comparison {
    /// All that is wrong, a line each: a right that nobody needs, or a request without a right.
    pub fn differences(&self) -> Vec<String> {
        let unused =
            self.used.iter().filter(|(_, times)| *times == 0).map(|(right, _)| format!("granted, never used: {right}"));
        unused.chain(self.without_right.iter().cloned()).collect()
    }
}

/// Compares rights with requests.
pub fn compare(rights: &[Right], requests: &BTreeMap<Request, Seen>) -> Comparison {
    let times = |right: &Right, of: fn(&Seen) -> u64| -> u64 {
        requests.iter().filter(|(request, _)| right.covers(request)).map(|(_, seen)| of(seen)).sum()
    };
    let used = rights.iter().map(|right| (right.clone(), times(right, |seen| seen.allowed))).collect();
    let refused = rights.iter().map(|right| (right.clone(), times(right, |seen| seen.forbidden)));
    let without_right = requests.iter().filter(|(request, _)| !rights.iter().any(|right| right.covers(request)));
    Comparison {
        used,
        refused: refused.filter(|(_, times)| *times > 0).collect(),
        without_right: without_right.map(|(request, seen)| described(request, seen)).collect(),
    }
}

fn described(request: &Request, seen: &Seen) -> String {
    let Request { verb, group, resource, namespace, name } = request;
    format!(
        "used, not granted: {verb} {resource} (group {group:?}, namespace {namespace:?}, name {name:?}), {} times allowed by other bindings, {} times forbidden",
        seen.allowed, seen.forbidden
    )
}

#[cfg(test)]
mod tests {
    use super::super::{Account, Granted};
    use super::*;

    fn rights(verbs: &[&str], names: &[&str]) -> Vec<Right> {
        let objects = serde_json::json!([
            {"kind": "Role", "metadata": {"name": "r", "namespace": "n"},
             "rules": [{"apiGroups": ["g"], "resources": ["things"], "verbs": verbs, "resourceNames": names}]},
            {"kind": "RoleBinding", "metadata": {"name": "r", "namespace": "n"},
             "roleRef": {"kind": "Role", "name": "r", "apiGroup": "rbac.authorization.k8s.io"},
             "subjects": [{"kind": "ServiceAccount", "name": "b", "namespace": "a"}]},
        ]);
        let granted = Granted::of_objects(serde_json::from_value(objects).unwrap()).unwrap();
        assert_eq!(granted.to(&Account { namespace: "n".into(), name: "b".into() }).unwrap(), []);
        granted.to(&Account { namespace: "a".into(), name: "b".into() }).unwrap()
    }

    fn request(verb: &str, namespace: &str, name: &str) -> Request {
        let [verb, namespace, name] = [verb, namespace, name].map(str::to_owned);
        Request { verb, group: "g".into(), resource: "things".into(), namespace, name }
    }

    fn differences(rights: &[Right], requests: &[(Request, u64, u64)]) -> usize {
        let seen =
            |&(ref request, allowed, forbidden): &(Request, u64, u64)| (request.clone(), Seen { allowed, forbidden });
        compare(rights, &requests.iter().map(seen).collect()).differences().len()
    }

    #[test]
    fn equal_is_equal() {
        let used = [(request("get", "n", "x"), 1, 0), (request("list", "n", ""), 2, 0)];
        assert_eq!(differences(&rights(&["get", "list"], &[]), &used), 0);
    }

    #[test]
    fn each_difference_is_found() {
        let rights_to_x = rights(&["get"], &["x"]);
        for (requests, expected) in [
            (vec![], 1),
            // A right that was only refused was not used.
            (vec![(request("get", "n", "x"), 0, 1)], 1),
            (vec![(request("get", "n", "x"), 1, 1)], 0),
            // Another object, namespace or verb: not granted, and the right is not used.
            (vec![(request("get", "n", "y"), 0, 1)], 2),
            (vec![(request("get", "m", "x"), 1, 0)], 2),
            (vec![(request("put", "n", "x"), 1, 0)], 2),
            (vec![(request("get", "n", "x"), 1, 0), (request("put", "n", "x"), 0, 1)], 1),
        ] {
            assert_eq!(differences(&rights_to_x, &requests), expected, "{requests:?}");
        }
        // A wildcard is never what was needed.
        assert_eq!(differences(&rights(&["*"], &[]), &[(request("get", "n", "x"), 1, 0)]), 2);
    }
}
