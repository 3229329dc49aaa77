//! The shell loop that `UpgradeGate` replaces, for the benchmark: ask one address, the Service's, until it says yes.

use std::time::Duration;

use anyhow::Context;
use http_body_util::{BodyExt, Empty};
use hyper::{Request, Uri, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{net::TcpStream, time::sleep};

/// Asks every `period` until the answer is `{"isUpgradeable": true}`. As in the loop it stands for, errors mean "not yet".
pub(crate) async fn until_upgradeable(url: &str, period: Duration) -> anyhow::Result<()> {
    let uri: Uri = url.parse().context("URL")?;
    while !ask(&uri).await.unwrap_or_default() {
        println!("not upgradeable yet");
        sleep(period).await;
    }
    println!("upgradeable");
    Ok(())
}

async fn ask(uri: &Uri) -> anyhow::Result<bool> {
    let authority = uri.authority().context("no host")?;
    let stream = TcpStream::connect((authority.host(), authority.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::get(uri.path()).header("host", authority.as_str()).body(Empty::<Bytes>::new())?;
    let body = sender.send_request(request).await?.into_body().collect().await?.to_bytes();
    let answer: Value = serde_json::from_slice(&body)?;
    Ok(answer["isUpgradeable"] == true)
}
