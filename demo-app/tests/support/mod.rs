//! A running application and a client for it, over real sockets.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, missing_docs, unreachable_pub)]

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use clap::Parser;
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Request, StatusCode, body::Bytes, client::conn::http1, header::HOST};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use upgradegate_demo_app::{app::App, config::Config, routes};

/// No condition of a test takes longer.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// An answer, with its body as text.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect(&self.text)
    }
}

/// A client of one application.
#[derive(Clone, Copy)]
pub struct Client(pub SocketAddr);

impl Client {
    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, String::new()).await
    }

    pub async fn start(&self, query: &str) -> Answer {
        let path = format!("/start{query}");
        self.send("POST", &path, String::new()).await
    }

    pub async fn drain(&self, epoch: u64, lease_seconds: u32) -> Answer {
        self.send("POST", "/drain", body(epoch, lease_seconds)).await
    }

    pub async fn resume(&self, epoch: u64) -> Answer {
        self.send("DELETE", "/drain", body(epoch, 60)).await
    }

    pub async fn send(&self, method: &str, path: &str, body: String) -> Answer {
        let stream = TcpStream::connect(self.0).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "demo-app")
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        let (head, body) = sender.send_request(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: head.status, headers: head.headers, text: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// Asks `path` until the answer is as wanted, and returns it.
    pub async fn until(&self, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
        let found = async {
            loop {
                let answer = self.get(path).await;
                if wanted(&answer) {
                    return answer;
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, found).await.expect(path)
    }
}

/// The body of a drain or resume.
pub fn body(epoch: u64, lease_seconds: u32) -> String {
    format!(r#"{{"gate":"demo-app-1","epoch":{epoch},"leaseSeconds":{lease_seconds}}}"#)
}

/// Runs an application with these flags in this process.
pub async fn app(flags: &[&str]) -> Client {
    let config = Config::parse_from(["demo-app"].iter().chain(flags));
    let app = Arc::new(App::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let client = Client(listener.local_addr().unwrap());
    let router = routes::router(Arc::clone(&app));
    tokio::spawn(async move { app.watch_lease().await });
    tokio::spawn(async move { axum::serve(listener, router).await });
    client
}
