//! What a leader sends goes no further once its tenure is over, however late it learns of that: a frozen process wakes up with calls
//! that were due long ago.

use std::task::{Context, Poll};

use futures::future::BoxFuture;
use hyper::{Request, Response};
use kube::{Client, client::Body};
use tower::Service;

use crate::lease::Tenure;

/// Passes requests on while a tenure lasts.
#[derive(Clone)]
struct Fence {
    inner: Client,
    tenure: Tenure,
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
#[error("not sent: this replica no longer holds the Lease")]
struct Over;

/// As `client`, while `tenure` lasts; after that every request fails, and nothing is sent. Must be called within a Tokio runtime.
pub fn only_while(client: Client, tenure: Tenure) -> Client {
    let namespace = client.default_namespace().to_owned();
    Client::new(Fence { inner: client, tenure }, namespace)
}

impl Service<Request<Body>> for Fence {
    type Response = Response<Body>;
    type Error = tower::BoxError;
    type Future = BoxFuture<'static, Result<Response<Body>, tower::BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        // The client inside waits by itself.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self { inner, tenure } = self.clone();
        Box::pin(async move {
            if !tenure.lasts() {
                return Err(Over.into());
            }
            Ok(inner.send(request).await?)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use k8s_openapi::api::core::v1::ConfigMap;
    use kube::Api;
    use tokio::time::{Duration, advance};
    use tower::service_fn;

    use super::*;
    use crate::{client::within, lease::Leadership};

    #[tokio::test(start_paused = true)]
    async fn nothing_is_sent_after_the_tenure() {
        let sent = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&sent);
        let server = service_fn(move |_: Request<Body>| {
            count.fetch_add(1, Ordering::Relaxed);
            async { Ok::<_, tower::BoxError>(Response::new(Body::from(br#"{"metadata": {"name": "a"}}"#.to_vec()))) }
        });
        let term = Duration::from_secs(10);
        let tenure = Leadership::for_a_while(term).held().await;
        let maps: Api<ConfigMap> = Api::default_namespaced(only_while(Client::new(server, "there"), tenure));
        within("get a", maps.get("a")).await.unwrap();
        advance(term).await;
        let error = within("get a", maps.get("a")).await.unwrap_err();
        assert_eq!(error.to_string(), "get a: not sent: this replica no longer holds the Lease");
        assert_eq!(sent.load(Ordering::Relaxed), 1);
    }
}
