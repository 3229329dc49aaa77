//! Counts the requests to the API: how the operator shows that it is idle.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::{Method, Request, Response, Uri};
use tower::{Layer, Service};

use crate::metrics::Metrics;

/// Puts [`Count`] around a service.
#[derive(Clone, Debug)]
pub(super) struct CountLayer {
    metrics: Arc<Metrics>,
}

impl CountLayer {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics }
    }
}

impl<S> Layer<S> for CountLayer {
    type Service = Count<S>;

    fn layer(&self, inner: S) -> Count<S> {
        Count { inner, metrics: Arc::clone(&self.metrics) }
    }
}

/// Passes requests on, and counts each when its answer begins, or is known not to come.
#[derive(Clone, Debug)]
pub(super) struct Count<S> {
    inner: S,
    metrics: Arc<Metrics>,
}

impl<S, Sent, Received> Service<Request<Sent>> for Count<S>
where
    S: Service<Request<Sent>, Response = Response<Received>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Sent>) -> Self::Future {
        let (verb, resource) = meaning(request.method(), request.uri());
        let mut pending = Pending { verb, resource, code: "error", metrics: Arc::clone(&self.metrics) };
        let call = self.inner.call(request);
        Box::pin(async move {
            let answer = call.await;
            pending.answered(answer.as_ref().map_or("error", |response| class(response.status().as_u16())));
            answer
        })
    }
}

/// A request under way. It is counted when dropped, so that one given up by its caller counts too.
struct Pending {
    verb: &'static str,
    resource: String,
    code: &'static str,
    metrics: Arc<Metrics>,
}

impl Pending {
    fn answered(&mut self, code: &'static str) {
        self.code = code;
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.metrics.api_requested(self.verb, std::mem::take(&mut self.resource), self.code);
    }
}

fn class(code: u16) -> &'static str {
    match code {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500.. => "5xx",
    }
}

/// Verb and resource of a request, in the words of RBAC: (`patch`, `upgradegates/status`). The resource of a path that is
/// none, such as `/version`, is empty.
pub fn meaning(method: &Method, uri: &Uri) -> (&'static str, String) {
    let mut path = uri.path().split('/').filter(|part| !part.is_empty());
    let parts: Vec<&str> = match path.next() {
        Some("api") => path.skip(1).collect(),
        Some("apis") => path.skip(2).collect(),
        _ => Vec::new(),
    };
    let parts = match parts.as_slice() {
        ["namespaces", _, resource @ ..] if !resource.is_empty() => resource,
        other => other,
    };
    let resource = match parts {
        [] => String::new(),
        [resource, _, sub, ..] => format!("{resource}/{sub}"),
        [resource, ..] => (*resource).to_owned(),
    };
    let watch =
        || uri.query().is_some_and(|query| query.split('&').any(|pair| matches!(pair, "watch=true" | "watch=1")));
    let verb = match (method.as_str(), parts.len()) {
        ("GET", 1) if watch() => "watch",
        ("GET", 1) => "list",
        ("GET", _) => "get",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", 2..) => "delete",
        ("DELETE", _) => "deletecollection",
        _ => "other",
    };
    (verb, resource)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn requests_are_named_as_in_rbac() {
        let cases = [
            ("GET", "/api/v1/namespaces/a/pods?limit=500", "list", "pods"),
            ("GET", "/api/v1/namespaces/a/pods?watch=true&timeoutSeconds=290", "watch", "pods"),
            ("GET", "/api/v1/namespaces/a/pods/p", "get", "pods"),
            ("GET", "/apis/upgradegate.dev/v1alpha1/upgradegates?&watch=true", "watch", "upgradegates"),
            (
                "PATCH",
                "/apis/upgradegate.dev/v1alpha1/namespaces/a/upgradegates/g/status",
                "patch",
                "upgradegates/status",
            ),
            ("PUT", "/apis/coordination.k8s.io/v1/namespaces/a/leases/l?", "update", "leases"),
            ("POST", "/apis/events.k8s.io/v1/namespaces/a/events", "create", "events"),
            ("DELETE", "/apis/upgradegate.dev/v1alpha1/namespaces/a/upgradegates/g", "delete", "upgradegates"),
            ("DELETE", "/api/v1/namespaces/a/pods", "deletecollection", "pods"),
            ("GET", "/api/v1/namespaces/a", "get", "namespaces"),
            ("GET", "/version", "get", ""),
        ];
        for (method, uri, verb, resource) in cases {
            let found = meaning(&method.parse().unwrap(), &uri.parse().unwrap());
            assert_eq!(found, (verb, resource.to_owned()), "{method} {uri}");
        }
    }
}
