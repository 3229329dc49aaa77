//! An operator of the benchmark's own, which guards nothing but its own namespace.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use k8s_openapi::api::{apps::v1::Deployment, coordination::v1::Lease, core::v1::Pod};
use kube::{ResourceExt, api::ListParams};
use upgradegate_e2e::{Test, env, fault_app::is_complete, helm::Helm, operator::PORT, pods, wait};

/// Its release.
const RELEASE: &str = "bench";

/// Its Deployment and its Lease.
pub const NAME: &str = "bench-operator";

/// The operator.
pub struct Operator<'t> {
    test: &'t Test,
}

impl<'t> Operator<'t> {
    /// Installs two replicas.
    ///
    /// # Errors
    /// If Helm fails, or no replica leads.
    pub async fn install(test: &'t Test) -> Result<Self> {
        let namespace = &test.namespace;
        let mut helm = Helm::Four.program()?.args(["install", RELEASE]).args([env::checkout("chart/upgradegate")]);
        helm = helm.args(["--namespace", namespace, "--wait", "--timeout", "180s"]);
        let values = [
            format!("image.tag={}", env::image_tag()?),
            format!("fullnameOverride={NAME}"),
            format!("watchNamespace={namespace}"),
            // What the cluster has once belongs to the shared operator.
            "crds.enabled=false".into(),
            "rbac.aggregateClusterRoles=false".into(),
        ];
        for value in &values {
            helm = helm.args(["--set", value]);
        }
        helm.run().await?.ok().context("install the benchmark's operator")?;
        let operator = Self { test };
        operator.leader().await?;
        Ok(operator)
    }

    /// Name of the pod that leads.
    ///
    /// # Errors
    /// If none does in time.
    pub async fn leader(&self) -> Result<String> {
        let held = |lease: Option<&Lease>| lease.is_some_and(|lease| holder(lease).is_some());
        let lease = wait::until(&self.test.api::<Lease>(), NAME, "held", held).await?.context("no Lease")?;
        Ok(holder(&lease).unwrap_or_default().to_owned())
    }

    /// Waits until another pod leads, and returns its name.
    ///
    /// # Errors
    /// If none does in time.
    pub async fn until_led_by_another(&self, than: &str) -> Result<String> {
        let than = than.to_owned();
        let another = move |lease: Option<&Lease>| lease.and_then(holder).is_some_and(|holder| holder != than);
        let lease = wait::until(&self.test.api::<Lease>(), NAME, "held by another", another).await?;
        Ok(lease.as_ref().and_then(holder).unwrap_or_default().to_owned())
    }

    /// Waits for the next renewal of the Lease.
    ///
    /// # Errors
    /// If there is none in time.
    pub async fn until_renewed(&self) -> Result<()> {
        let leases = self.test.api::<Lease>();
        let before = leases.get(NAME).await?.resource_version();
        let renewed = move |lease: Option<&Lease>| lease.is_some_and(|lease| lease.resource_version() != before);
        wait::until(&leases, NAME, "renewed", renewed).await.map(drop)
    }

    /// Waits until all replicas are there.
    ///
    /// # Errors
    /// If they are not in time.
    pub async fn until_whole(&self) -> Result<()> {
        let whole = |found: Option<&Deployment>| found.is_some_and(is_complete);
        wait::until(&self.test.api::<Deployment>(), NAME, "whole", whole).await.map(drop)
    }

    /// Its pods.
    ///
    /// # Errors
    /// If they cannot be listed.
    pub async fn pods(&self) -> Result<Vec<Pod>> {
        let mine = ListParams::default().labels(&format!("app.kubernetes.io/instance={RELEASE}"));
        Ok(self.test.api::<Pod>().list(&mine).await?.items)
    }

    /// Requests to the API server so far, of all replicas together, by verb and resource.
    ///
    /// # Errors
    /// If a replica does not say.
    pub async fn requests(&self) -> Result<BTreeMap<String, u64>> {
        let mut requests = BTreeMap::new();
        for pod in self.pods().await? {
            let whom = format!("pods/{}:{PORT}", pod.name_any());
            let metrics = pods::call(&self.test.client, "GET", &self.test.namespace, &whom, "/metrics", "").await?;
            for (what, count) in metrics.lines().filter_map(request) {
                *requests.entry(what).or_insert(0) += count;
            }
        }
        Ok(requests)
    }
}

/// Who holds a Lease.
pub fn holder(lease: &Lease) -> Option<&str> {
    lease.spec.as_ref()?.holder_identity.as_deref().filter(|holder| !holder.is_empty())
}

/// Verb and resource of a sample of requests, and its count.
fn request(line: &str) -> Option<(String, u64)> {
    let (labels, count) = line.strip_prefix("upgradegate_api_requests_total{")?.rsplit_once("} ")?;
    let label = |name: &str| {
        let found = labels.split(',').find_map(|label| label.strip_prefix(name)?.strip_prefix('='));
        found.unwrap_or_default().trim_matches('"')
    };
    Some((format!("{} {}", label("verb"), label("resource")), count.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read() {
        let line = r#"upgradegate_api_requests_total{verb="update",resource="leases",code="2xx"} 12"#;
        assert_eq!(request(line), Some(("update leases".to_owned(), 12)));
        assert_eq!(request("upgradegate_leader 1"), None);
    }
}
