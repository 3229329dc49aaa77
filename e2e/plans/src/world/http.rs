//! The server of one pod: real HTTP at the pod's own address, with the faults of the run.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use upgradegate_proof::{Answer, Effect};

use super::app::{App, Request};
use crate::fault::{Mishap, REFUSES_FOR};

/// Port of every application.
pub const PORT: u16 = 8080;

/// How long a request may take to arrive, and how long one that is never answered is held open.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longest request, in bytes.
const REQUEST_LIMIT: usize = 16 * 1024;

/// Serves until it is dropped.
pub(super) async fn serve(app: Arc<App>, mut listener: TcpListener) {
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    tokio::spawn(converse(Arc::clone(&app), stream));
                }
            }
            () = app.refuse.notified() => {
                drop(listener);
                sleep(REFUSES_FOR).await;
                match listen(&app).await {
                    Ok(new) => listener = new,
                    Err(error) => return tracing::error!(%error, "a member does not come back"),
                }
            }
        }
    }
}

/// Listens at the address of the pod, which no other machine reaches.
pub(super) async fn listen(app: &App) -> Result<TcpListener> {
    let address = SocketAddr::from((app.address, PORT));
    TcpListener::bind(address).await.with_context(|| format!("listen at {address}, the address of a pod"))
}

/// One request and what comes of it.
async fn converse(app: Arc<App>, mut stream: TcpStream) {
    let Ok(Ok(request)) = timeout(PATIENCE, read(&mut stream)).await else { return };
    let mishap = app.striker.meet(request.kind());
    match mishap {
        Some(Mishap::KillBefore) => app.caller().into_iter().for_each(|life| life.kill()),
        Some(Mishap::FreezeBefore(ms)) => freeze(&app, ms),
        Some(Mishap::Delay(ms) | Mishap::Late(ms)) => sleep(Duration::from_millis(ms)).await,
        Some(Mishap::Refuse) => app.refuse.notify_one(),
        _ => {}
    }
    let untouched =
        matches!(mishap, Some(Mishap::KillBefore | Mishap::Refuse | Mishap::Reset | Mishap::Hang | Mishap::Code(_)));
    let (code, body, effect) = match mishap {
        Some(Mishap::Code(code)) => (code, Value::Null, Effect::None),
        _ if untouched => (0, Value::Null, Effect::None),
        _ => app.act(&request),
    };
    match mishap {
        Some(Mishap::KillAfter) => app.caller().into_iter().for_each(|life| life.kill()),
        Some(Mishap::FreezeAfter(ms)) => freeze(&app, ms),
        _ => {}
    }
    let text = response(code, &body);
    let sent = match mishap {
        Some(Mishap::Truncate) => &text[..text.len() / 2],
        Some(Mishap::Garbage) => "SSH-2.0-none\r\n\u{0}\u{1}\r\n\r\n",
        Some(Mishap::Code(_) | Mishap::Delay(_) | Mishap::FreezeBefore(_) | Mishap::FreezeAfter(_)) | None => &text,
        _ => "",
    };
    // Before it is sent: whoever gets it may act on it before this goes on.
    let answered = Timestamp::now();
    let whole = sent.len() == text.len() && stream.write_all(sent.as_bytes()).await.is_ok();
    let answer = whole.then(|| Answer { code, headers: headers(), body: body.to_string() });
    // Where nothing is sent and the connection stays, the caller waits to its limit.
    let silent = matches!(mishap, Some(Mishap::Hang | Mishap::Swallow));
    app.record(&request, answer, (!silent).then_some(answered), effect);
    match mishap {
        Some(Mishap::Hang | Mishap::Swallow) => sleep(PATIENCE).await,
        Some(Mishap::Reset | Mishap::Refuse | Mishap::Lose | Mishap::KillBefore | Mishap::KillAfter) => {
            // A reset and not an end: nothing can be read.
            let _ = stream.set_zero_linger();
        }
        Some(Mishap::Truncate | Mishap::Garbage) => drop(stream.write_all(sent.as_bytes()).await),
        _ => {}
    }
}

fn freeze(app: &App, ms: u64) {
    app.caller().into_iter().for_each(|life| life.freeze(Duration::from_millis(ms)));
}

/// Reads one request.
async fn read(stream: &mut TcpStream) -> Result<Request> {
    let mut bytes = Vec::new();
    let at = Timestamp::now();
    loop {
        if let Some(request) = parse(&bytes, at)? {
            return Ok(request);
        }
        if bytes.len() > REQUEST_LIMIT || stream.read_buf(&mut bytes).await? == 0 {
            bail!("no whole request");
        }
    }
}

/// The request in these bytes, once it is whole.
fn parse(bytes: &[u8], at: Timestamp) -> Result<Option<Request>> {
    let text = str::from_utf8(bytes)?;
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return Ok(None) };
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let length =
        lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.map_or(Ok(0), |(_, value)| value.trim().parse())?;
    if body.len() < length {
        return Ok(None);
    }
    let (Some(method), Some(path)) = (first.next(), first.next()) else { bail!("no request line") };
    let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body)? };
    Ok(Some(Request { method: method.to_owned(), path: path.to_owned(), body, at }))
}

fn response(code: u16, body: &Value) -> String {
    let body = body.to_string();
    format!(
        "HTTP/1.1 {code} -\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn headers() -> BTreeMap<String, String> {
    [("content-type", "application/json"), ("connection", "close")].map(|(k, v)| (k.to_owned(), v.to_owned())).into()
}
