//! How members are asked and told: the probe and the drain.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// The question to every member: are you ready to be upgraded?
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// The HTTP request to a member's pod IP. It never follows redirects and never uses a proxy.
    pub http_get: HttpGet,

    /// CEL expression that must be true for a member to be ready. It sees `response.code` (int), `response.headers`
    /// (map, lower-case names) and `response.body` (parsed if it is JSON, else a string). An error is "not ready".
    /// Unless it reads `response.code`, any other code than 2xx is not ready. Without an expression, any 2xx answer is ready, unless
    /// its JSON body says `isUpgradeable: false`. What could take long is refused: all, exists, map and filter within one another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub ready: Option<String>,

    /// Seconds from one question to the next. 1 to 60, default 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 60))]
    pub period_seconds: u16,

    /// Seconds after which a call to a member, probe or drain, has failed. 1 to 60, default 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 60))]
    pub timeout_seconds: u16,
}

/// An HTTP GET to a member's pod IP. There is no host field: the operator calls only members.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpGet {
    /// Path and query to ask.
    #[schemars(length(min = 1, max = 1024))]
    #[x_kube(validation = Rule::new(r"self.matches('^/[!-~]*$')").message("must start with '/' and hold no spaces, such as /upgradeable"))]
    pub path: String,

    /// Port of the pod: a number from 1 to 65535, or the name of a container's port.
    #[x_kube(validation = Rule::new(PORT_RULE).message(PORT_MESSAGE))]
    pub port: IntOrString,

    /// Scheme of the request: `HTTP`.
    #[serde(default)]
    pub scheme: Scheme,
}

/// Scheme of a call to a member.
#[derive(schemars::JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scheme {
    /// Plain HTTP.
    #[default]
    #[serde(rename = "HTTP")]
    Http,
}

/// How a member is told to take no new work, and to work again.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Drain {
    /// The HTTP endpoint of the drain: POST drains or renews, DELETE resumes. Both are idempotent.
    pub http: DrainHttp,

    /// Seconds after which a drain that is not renewed is over by itself. It is renewed every third of this.
    /// 5 to 3600, default 60.
    #[serde(default = "sixty")]
    #[schemars(range(min = 5, max = 3600))]
    pub lease_seconds: u16,
}

/// The HTTP endpoint of the drain, on a member's pod IP.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DrainHttp {
    /// Path and query to call.
    #[schemars(length(min = 1, max = 1024))]
    #[x_kube(validation = Rule::new(r"self.matches('^/[!-~]*$')").message("must start with '/' and hold no spaces, such as /drain"))]
    pub path: String,

    /// Port of the pod: a number from 1 to 65535, or the name of a container's port.
    #[x_kube(validation = Rule::new(PORT_RULE).message(PORT_MESSAGE))]
    pub port: IntOrString,

    /// Scheme of the request: `HTTP`.
    #[serde(default)]
    pub scheme: Scheme,
}

/// As Kubernetes itself validates ports: RFC 6335 for names.
const PORT_RULE: &str = "type(self) == int ? (self >= 1 && self <= 65535) : (self.matches('^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$') && self.matches('[a-z]') && !self.contains('--'))";
const PORT_MESSAGE: &str = "must be a port number from 1 to 65535, or the name of a container's port (at most 15 of a-z, 0-9 and '-', with a letter)";

fn one() -> u16 {
    1
}

fn sixty() -> u16 {
    60
}
