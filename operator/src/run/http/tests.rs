//! Members of every kind, good and bad, as scripted servers on loopback.

#![allow(clippy::unwrap_used)]

mod bad;
mod good;
mod hostile;
mod server;
mod tenure;

use std::time::Duration;

use super::*;
use server::Server;

/// Long enough for a good answer on a busy machine.
const PLENTY: Duration = Duration::from_secs(20);

/// Short, for members that never give a good one.
const SHORT: Duration = Duration::from_millis(200);

fn get(server: &Server, timeout: Duration) -> Call {
    let path = "/upgradeable?of=all".to_owned();
    Call { method: Method::Get, address: server.address.ip(), port: server.address.port(), path, body: None, timeout }
}

async fn ask(server: &Server, timeout: Duration) -> Result<Answer, CallError> {
    MemberClient::unrestricted().call(get(server, timeout)).await
}
