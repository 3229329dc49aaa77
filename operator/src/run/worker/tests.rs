//! What a worker reports of a member on loopback, which answers when the test lets it.

#![allow(clippy::unwrap_used)]

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use upgradegate_crds::UpgradeGateSpec;

use super::*;
use crate::{
    gate::Plan,
    metrics::Metrics,
    run::{http::MemberClient, pod::Incarnation},
};

const EPOCH: i64 = 7;

/// A member that takes one call after the other.
struct Called(TcpListener);

/// A call that waits for its answer.
struct Asked {
    method: String,
    stream: TcpStream,
}

impl Called {
    async fn next(&self) -> Asked {
        let (mut stream, _) = self.0.accept().await.unwrap();
        let mut read = Vec::new();
        while !read.contains(&b' ') {
            stream.read_buf(&mut read).await.unwrap();
        }
        let method = String::from_utf8(read).unwrap().split(' ').next().unwrap().to_owned();
        Asked { method, stream }
    }
}

impl Asked {
    async fn yes(mut self) {
        self.stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    }
}

/// A worker that was told to drain its member, and to ask it.
async fn drained() -> (Worker, Called) {
    let called = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = called.local_addr().unwrap();
    let spec: UpgradeGateSpec = serde_json::from_value(serde_json::json!({
        "targetRef": {"kind": "Deployment", "name": "app"},
        "probe": {"httpGet": {"path": "/upgradeable", "port": 80}, "timeoutSeconds": 20},
        "drain": {"http": {"path": "/drain", "port": 80}, "leaseSeconds": 60},
        "deadlineSeconds": 60,
    }))
    .unwrap();
    let shared = Shared {
        gate: "gate".into(),
        plan: Plan::parse(&spec).unwrap(),
        client: MemberClient::unrestricted(),
        metrics: Arc::new(Metrics::new()),
        notify: Arc::new(|| {}),
    };
    let worker = Worker::start(&Arc::new(shared), DrainFact::Never);
    let incarnation = Incarnation { address: address.ip(), container: "container".into(), host_network: false };
    let place = Place { incarnation, probe_port: Ok(address.port()), drain_port: Ok(address.port()) };
    worker.order(Order { intent: Intent::Drained { epoch: EPOCH, probe: true }, place: Some(place) });
    (worker, Called(called))
}

#[tokio::test]
async fn a_member_is_asked_once_it_drains() {
    let (mut worker, member) = drained().await;
    let order = member.next().await;
    assert_eq!((order.method.as_str(), worker.facts().drain), ("POST", DrainFact::Maybe));
    order.yes().await;
    assert_eq!(member.next().await.method, "GET");
    let told = worker.facts.wait_for(|facts| facts.drain == DrainFact::Acknowledged(EPOCH)).await;
    assert!(told.unwrap().probe.is_none());
}

#[tokio::test]
async fn an_answer_is_as_old_as_its_question() {
    let (mut worker, member) = drained().await;
    member.next().await.yes().await;
    let question = member.next().await;
    let asked = Timestamp::now();
    while Timestamp::now() == asked {
        tokio::task::yield_now().await;
    }
    question.yes().await;
    let answered = worker.facts.wait_for(|facts| facts.probe.is_some()).await;
    let answer = answered.unwrap().probe.clone().unwrap();
    assert!(answer.result.is_ok_and(|report| report.ready));
    assert!(answer.at <= asked, "{} is after {asked}", answer.at);
}
