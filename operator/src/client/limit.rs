//! No request waits for ever for its answer to begin: also not a list or a watch within kube's own watcher, which nobody else ends.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::{Request, Response};
use tower::{BoxError, Layer, Service};

/// Longest time from a request to the head of its answer. The API server begins a watch at once, and gives a page of a list in far less; a
/// gate whose target can't be listed should still have time after another try.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Puts [`Limit`] around a service.
#[derive(Clone, Copy, Debug, Default)]
pub struct LimitLayer;

impl<S> Layer<S> for LimitLayer {
    type Service = Limit<S>;

    fn layer(&self, inner: S) -> Limit<S> {
        Limit { inner }
    }
}

/// Passes requests on, and gives one up whose answer does not begin in time.
#[derive(Clone, Debug)]
pub struct Limit<S> {
    inner: S,
}

impl<S, Sent, Received> Service<Request<Sent>> for Limit<S>
where
    S: Service<Request<Sent>, Response = Response<Received>>,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Sent>) -> Self::Future {
        let call = self.inner.call(request);
        Box::pin(async move {
            let late = |_| {
                let why = format!("no answer within {} s", HEAD_TIMEOUT.as_secs());
                io::Error::new(io::ErrorKind::TimedOut, why)
            };
            tokio::time::timeout(HEAD_TIMEOUT, call).await.map_err(late)?.map_err(Into::into)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::future::pending;

    use tokio::time::Instant;
    use tower::service_fn;

    use super::{BoxError, HEAD_TIMEOUT, Layer, LimitLayer, Request, Response, Service};

    #[tokio::test(start_paused = true)]
    async fn silence_is_cut() {
        let silent = service_fn(async |_: Request<()>| pending::<Result<Response<()>, BoxError>>().await);
        let began = Instant::now();
        let error = LimitLayer.layer(silent).call(Request::new(())).await.unwrap_err();
        assert_eq!(error.to_string(), "no answer within 30 s");
        assert_eq!(began.elapsed(), HEAD_TIMEOUT);
    }
}
