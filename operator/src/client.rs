//! The client of the Kubernetes API: never retries by itself, never waits for ever.

mod count;
mod error;
mod fence;
mod limit;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use kube::client::ClientBuilder;

use crate::metrics::Metrics;

pub use count::meaning;
pub use error::{ApiError, within, within_limit};
pub use fence::only_while;
pub use limit::{Limit, LimitLayer};

/// Longest time to open a connection to the API server, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest time for which a connection takes no bytes from us.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest silence of a connection. It has to be longer than any watch, which may be silent from its start to its end: the
/// server ends a watch after 290 s at most, which is what kube asks for. Other calls end by [`within`], and no call waits
/// longer than [`LimitLayer`] says for its answer to begin.
const READ_TIMEOUT: Duration = Duration::from_mins(5);

/// Why there is no client of the API.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Neither a kubeconfig nor a service account was found.
    #[error("no way to the Kubernetes API: {0}; run in a pod with a service account, or set KUBECONFIG")]
    Config(#[from] kube::config::InferConfigError),
    /// What was found can't be used.
    #[error("the configuration of the Kubernetes API can't be used: {0}")]
    Build(#[from] kube::Error),
}

/// Finds the API server: by the kubeconfig where there is one, else as a pod does.
pub async fn config() -> Result<kube::Config, ClientError> {
    Ok(bounded(kube::Config::infer().await?))
}

/// `config` with the limits of this client: no retries of kube's own, no call or connection that waits for ever.
pub fn bounded(mut config: kube::Config) -> kube::Config {
    // kube's own retries wait as long as any `Retry-After` says. Callers retry, with a cap.
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.write_timeout = Some(WRITE_TIMEOUT);
    config.read_timeout = Some(READ_TIMEOUT);
    // So the silence counts from a request, not from when its pooled connection was last used.
    config.reset_reader_on_write = true;
    config
}

/// A client for `config` that counts its requests in `metrics`. Must be called within a Tokio runtime.
pub fn connect(config: kube::Config, metrics: &Arc<Metrics>) -> Result<Client, ClientError> {
    // Fails only if a provider is installed already, and then there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = ClientBuilder::try_from(config)?;
    Ok(builder.with_layer(&LimitLayer).with_layer(&count::CountLayer::new(Arc::clone(metrics))).build())
}

/// The IPs of the API server that this process knows: that of `config`, and the service's from the pod's environment.
///
/// Members are never called there. It is a second lock on a door that RBAC and the network already close, so the endpoints
/// behind the service are not read: that would take a right and a watch. Host names are not resolved.
pub fn api_server_addresses(config: &kube::Config) -> BTreeSet<IpAddr> {
    let service = std::env::var("KUBERNETES_SERVICE_HOST").ok();
    addresses(config.cluster_url.host().into_iter().chain(service.as_deref()))
}

fn addresses<'h>(hosts: impl Iterator<Item = &'h str>) -> BTreeSet<IpAddr> {
    hosts.filter_map(|host| host.trim_matches(['[', ']']).parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_ips_are_addresses() {
        let hosts = ["10.96.0.1", "[fd00::1]", "kubernetes.default.svc", "", "fd00::2"];
        let found: Vec<_> = addresses(hosts.into_iter()).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["10.96.0.1", "fd00::1", "fd00::2"]);
    }

    #[test]
    fn the_cluster_url_counts() {
        let config = kube::Config::new("https://[fd00::9]:6443".parse().unwrap());
        assert!(api_server_addresses(&config).contains(&"fd00::9".parse().unwrap()));
    }
}
