//! The layer inside the operator's client of the API: it carries out what the striker says.

use std::future::pending;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use hyper::{Request, Response};
use kube::Client;
use kube::client::Body;
use tokio::time::sleep;
use tower::{BoxError, Layer, Service};
use upgradegate_crds::UpgradeGate;
use upgradegate_operator::client::{LimitLayer, meaning};

use super::answer::{self, Content};
use super::{Calls, Mishap, Striker};
use crate::replica::{Life, Place};
use crate::world::Recorder;

/// The client of one replica, with the faults of a run around it.
#[derive(Clone)]
pub struct FaultyClient {
    inner: Client,
    striker: Arc<Striker>,
    recorder: Arc<Recorder>,
    life: Arc<Life>,
}

impl FaultyClient {
    /// Puts the faults of a run around `inner`. Must be called within the runtime of the replica that lives `life`.
    pub fn around(inner: Client, place: &Place, life: Arc<Life>) -> Client {
        let (striker, recorder) = (Arc::clone(&place.striker), Arc::clone(&place.recorder));
        // The faults strike below the limits of the operator's client.
        Client::new(LimitLayer.layer(Self { inner, striker, recorder, life }), "default")
    }
}

impl Service<Request<Body>> for FaultyClient {
    type Response = Response<Content>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<Content>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // Calls get ready by themselves.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(self.clone().strike(request))
    }
}

impl FaultyClient {
    async fn strike(self, request: Request<Body>) -> Result<Response<Content>, BoxError> {
        let (verb, resource) = meaning(request.method(), request.uri());
        let kind = format!("{verb} {resource}");
        match self.striker.meet(&kind) {
            None => self.pass(&kind, request).await.map(answer::as_it_came),
            Some(mishap) => self.suffer(mishap, &kind, request).await,
        }
    }

    async fn suffer(&self, mishap: Mishap, kind: &str, request: Request<Body>) -> Result<Response<Content>, BoxError> {
        match mishap {
            Mishap::KillBefore => return self.die().await,
            Mishap::FreezeBefore(ms) => self.life.stand_still(Duration::from_millis(ms)),
            Mishap::Refuse | Mishap::Reset => return Err(broken("connection refused")),
            Mishap::Hang => return pending().await,
            Mishap::Delay(ms) => sleep(Duration::from_millis(ms)).await,
            Mishap::Code(code) => return Ok(answer::refusal(code)),
            _ => {}
        }
        let uri = request.uri().to_string();
        let given = self.pass(kind, request).await?;
        let watches = Calls::of(kind) == Calls::Watch;
        match mishap {
            Mishap::KillAfter => self.die().await,
            Mishap::Lose => Err(broken("connection reset")),
            Mishap::Swallow => pending().await,
            Mishap::FreezeAfter(ms) => {
                self.life.stand_still(Duration::from_millis(ms));
                Ok(answer::as_it_came(given))
            }
            Mishap::Late(ms) => {
                sleep(Duration::from_millis(ms)).await;
                Ok(answer::as_it_came(given))
            }
            Mishap::Cut | Mishap::Truncate if watches => Ok(answer::cut(given, mishap == Mishap::Cut)),
            Mishap::Starve(ms) if watches => Ok(answer::starved(given, Duration::from_millis(ms))),
            Mishap::Truncate => {
                let (head, bytes) = answer::read(given).await?;
                Ok(head.map(|()| answer::whole(answer::half(&bytes))))
            }
            Mishap::Replay => {
                let (head, bytes) = answer::read(given).await?;
                Ok(head.map(|()| answer::whole(self.striker.first_answer(&uri, &bytes))))
            }
            _ => Ok(answer::as_it_came(given)),
        }
    }

    /// Makes the call.
    async fn pass(&self, kind: &str, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let uri = request.uri().to_string();
        let given = self.inner.send(request).await?;
        if matches!(kind, "update leases" | "create leases") && given.status().is_success() {
            self.striker.holds(self.life.replica());
        }
        let writes_gate = matches!(kind, "update upgradegates/status" | "patch upgradegates");
        if Calls::of(kind) != Calls::Read && !writes_gate {
            return Ok(given);
        }
        let (head, bytes) = answer::read(given).await?;
        if head.status().is_success() {
            match serde_json::from_slice::<UpgradeGate>(&bytes) {
                Ok(gate) if writes_gate => self.recorder.see(gate, false),
                _ => drop(self.striker.first_answer(&uri, &bytes)),
            }
        }
        Ok(head.map(|()| Body::from(bytes)))
    }

    /// Ends this life of the replica, and nothing comes after.
    async fn die(&self) -> Result<Response<Content>, BoxError> {
        self.life.kill();
        pending().await
    }
}

fn broken(why: &str) -> BoxError {
    std::io::Error::new(std::io::ErrorKind::ConnectionReset, format!("{why}: a fault of the plan")).into()
}
