//! What roles and their bindings grant to an account.

use std::fmt;

use anyhow::{Context, Result, bail};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject};
use kube::{Api, Client, ResourceExt, api::ListParams};
use serde_json::Value;

use super::{Account, Request};

/// The right to one verb on one resource. A `*` is no more than the letter: nobody needs everything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// Verb.
    pub verb: String,
    /// API group; empty for the core.
    pub group: String,
    /// Resource with its subresource, or a path that is no resource.
    pub resource: String,
    /// The one object that it is for; any, if none.
    pub name: Option<String>,
    /// The namespace that it is for; all, if none.
    pub namespace: Option<String>,
}

impl Right {
    /// Whether it is the right to this request.
    pub fn covers(&self, request: &Request) -> bool {
        self.verb == request.verb
            && self.group == request.group
            && self.resource == request.resource
            && self.name.as_ref().is_none_or(|name| *name == request.name)
            && self.namespace.as_ref().is_none_or(|namespace| *namespace == request.namespace)
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        if let Some(name) = &self.name {
            write!(f, " {name}")?;
        }
        self.namespace.as_ref().map_or(Ok(()), |namespace| write!(f, " in {namespace}"))
    }
}

/// All roles and all bindings, of a cluster or of rendered charts.
#[derive(Debug, Default)]
pub struct Granted {
    roles: Vec<Role>,
    cluster_roles: Vec<ClusterRole>,
    bindings: Vec<RoleBinding>,
    cluster_bindings: Vec<ClusterRoleBinding>,
}

impl Granted {
    /// Those of a cluster.
    ///
    /// # Errors
    /// If they cannot be listed.
    pub async fn of_cluster(client: &Client) -> Result<Self> {
        let all = ListParams::default();
        let listed = async {
            Ok::<_, kube::Error>(Self {
                roles: Api::<Role>::all(client.clone()).list(&all).await?.items,
                cluster_roles: Api::<ClusterRole>::all(client.clone()).list(&all).await?.items,
                bindings: Api::<RoleBinding>::all(client.clone()).list(&all).await?.items,
                cluster_bindings: Api::<ClusterRoleBinding>::all(client.clone()).list(&all).await?.items,
            })
        };
        listed.await.context("list the cluster's roles and bindings")
    }

    /// Those among the objects that a chart renders.
    ///
    /// # Errors
    /// If one is not what its kind says.
    pub fn of_objects(objects: Vec<Value>) -> Result<Self> {
        let mut granted = Self::default();
        for object in objects {
            match object["kind"].as_str().unwrap_or_default() {
                "Role" => granted.roles.push(serde_json::from_value(object)?),
                "ClusterRole" => granted.cluster_roles.push(serde_json::from_value(object)?),
                "RoleBinding" => granted.bindings.push(serde_json::from_value(object)?),
                "ClusterRoleBinding" => granted.cluster_bindings.push(serde_json::from_value(object)?),
                _ => {}
            }
        }
        Ok(granted)
    }

    /// What is granted to an account by its name. What groups get, such as discovery for all who are known, is not the account's own.
    ///
    /// # Errors
    /// If a binding names a role that is not there.
    pub fn to(&self, account: &Account) -> Result<Vec<Right>> {
        let mut rights = Vec::new();
        for binding in &self.cluster_bindings {
            if names(binding.subjects.as_ref(), account) {
                rights.extend(self.rules(&binding.role_ref, "")?.iter().flat_map(|rule| expand(rule, None)));
            }
        }
        for binding in &self.bindings {
            let namespace = binding.namespace().unwrap_or_default();
            if names(binding.subjects.as_ref(), account) {
                let rules = self.rules(&binding.role_ref, &namespace)?;
                rights.extend(rules.iter().flat_map(|rule| expand(rule, Some(&namespace))));
            }
        }
        rights.sort();
        rights.dedup();
        Ok(rights)
    }

    fn rules(&self, role: &RoleRef, namespace: &str) -> Result<Vec<PolicyRule>> {
        let rules = match role.kind.as_str() {
            "ClusterRole" => self.cluster_roles.iter().find(|found| found.name_any() == role.name).map(|it| &it.rules),
            "Role" => {
                let is_it =
                    |found: &&Role| found.name_any() == role.name && found.namespace().as_deref() == Some(namespace);
                self.roles.iter().find(is_it).map(|it| &it.rules)
            }
            other => bail!("a binding names a role of kind {other}"),
        };
        Ok(rules
            .with_context(|| format!("a binding names {} {}, which is not there", role.kind, role.name))?
            .clone()
            .unwrap_or_default())
    }
}

fn names(subjects: Option<&Vec<Subject>>, account: &Account) -> bool {
    subjects.into_iter().flatten().any(|subject| {
        subject.kind == "ServiceAccount"
            && subject.name == account.name
            && subject.namespace.as_ref() == Some(&account.namespace)
    })
}

/// Every right that a rule grants, one by one.
fn expand(rule: &PolicyRule, namespace: Option<&str>) -> Vec<Right> {
    let names: Vec<Option<String>> = match rule.resource_names.as_deref() {
        None | Some([]) => vec![None],
        Some(names) => names.iter().cloned().map(Some).collect(),
    };
    let core = [String::new()];
    let mut rights = Vec::new();
    let mut each = |groups: &[String], resources: &[String]| {
        for (group, resource) in groups.iter().flat_map(|group| resources.iter().map(move |resource| (group, resource)))
        {
            for (verb, name) in rule.verbs.iter().flat_map(|verb| names.iter().map(move |name| (verb, name))) {
                rights.push(Right {
                    verb: verb.clone(),
                    group: group.clone(),
                    resource: resource.clone(),
                    name: name.clone(),
                    namespace: namespace.map(Into::into),
                });
            }
        }
    };
    each(rule.api_groups.as_deref().unwrap_or_default(), rule.resources.as_deref().unwrap_or_default());
    each(&core, rule.non_resource_urls.as_deref().unwrap_or_default());
    rights
}
