#![allow(clippy::unwrap_used)]

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::*;

struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<io::Result<()>>,
}

async fn start(health: &Health) -> Server {
    let admin = Admin::listen("127.0.0.1:0".parse().unwrap(), health.clone(), Arc::default()).await.unwrap();
    let (address, stop) = (admin.address().unwrap(), CancellationToken::new());
    Server { address, stop: stop.clone(), task: tokio::spawn(admin.serve(stop)) }
}

impl Server {
    async fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Status code and body.
    async fn ask(&self, path: &str) -> (u16, String) {
        let answer = self.get(path).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }
}

#[tokio::test]
async fn ready_once_every_part_is() {
    let health = Health::new(&["api", "crd"]);
    let server = start(&health).await;
    assert_eq!(server.ask("/livez").await, (200, "ok\n".to_owned()));
    assert_eq!(server.ask("/readyz").await, (503, "api: not known yet\ncrd: not known yet\n".to_owned()));

    health.now_ready("api");
    health.not_ready("crd", "upgradegates.upgradegate.dev is not installed");
    assert_eq!(server.ask("/readyz").await, (503, "crd: upgradegates.upgradegate.dev is not installed\n".to_owned()));

    health.now_ready("crd");
    assert_eq!(server.ask("/readyz").await, (200, "ok\n".to_owned()));
}

#[tokio::test]
async fn dead_once_a_loop_panics() {
    let health = Health::default();
    let server = start(&health).await;
    health.alive("watches").finish();
    let alive = health.alive("controller");
    assert_eq!(server.ask("/livez").await.0, 200);

    let looping = tokio::spawn(async move {
        let _alive = alive;
        assert!(!std::hint::black_box(true), "a bug");
    });
    assert!(looping.await.is_err());
    assert_eq!(server.ask("/livez").await, (503, "controller: ended unexpectedly\n".to_owned()));
}

#[tokio::test]
async fn metrics_are_openmetrics() {
    let server = start(&Health::default()).await;
    let answer = server.get("/metrics").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("application/openmetrics-text"), "{answer}");
    assert!(answer.contains("upgradegate_leader 0") && answer.ends_with("# EOF\n"), "{answer}");
    assert_eq!(server.ask("/other").await.0, 404);
}

#[tokio::test]
async fn stops_though_a_client_lingers() {
    let server = start(&Health::default()).await;
    let mut lingering = TcpStream::connect(server.address).await.unwrap();
    lingering.write_all(b"GET /livez HTTP/1.1\r\n").await.unwrap();
    server.stop.cancel();
    server.task.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_taken_address_is_explained() {
    let server = start(&Health::default()).await;
    let error = Admin::listen(server.address, Health::default(), Arc::default()).await.unwrap_err();
    assert!(error.to_string().contains("choose another address with --listen"), "{error}");
}
