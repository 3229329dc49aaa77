//! What a gate guards.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// The workload that the gate guards, in the gate's own namespace.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetRef {
    /// API version of the target: `apps/v1`.
    #[serde(default = "apps_v1")]
    #[schemars(length(max = 64))]
    #[x_kube(validation = Rule::new("self == 'apps/v1'").message("must be apps/v1, the API group of Deployments"))]
    pub api_version: String,

    /// Kind of the target. This version guards Deployments.
    #[schemars(length(max = 64))]
    #[x_kube(validation = Rule::new("self == 'Deployment'").message("must be Deployment: this version guards no other kind"))]
    pub kind: String,

    /// Name of the target.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new(r"self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')").message("must be the name of a Deployment: lower-case letters, digits, '-' and '.', starting and ending with a letter or digit"))]
    pub name: String,
}

fn apps_v1() -> String {
    "apps/v1".into()
}
