//! Whatever else a member may do.

use std::io;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::server::Then;
use super::*;

const GIB: usize = 1 << 30;

/// More than the sockets of both sides hold on any usual system, and far less than a GiB.
const SOCKETS: usize = 64 << 20;

fn late(during: Stage) -> CallError {
    CallError::Timeout { after: SHORT, during }
}

#[tokio::test]
async fn nonsense_is_an_error() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(HEADER_COUNT_LIMIT + 1));
    let wide = format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "b".repeat(HEAD_LIMIT));
    let endless = format!("HTTP/1.1 200 OK\r\na: {}", "b".repeat(1 << 20));
    let big = "x".repeat(BODY_LIMIT + 1);
    let cases = [
        ("", CallError::Interrupted),
        ("HTTP/1.1 200", CallError::Interrupted),
        ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort", CallError::Interrupted),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nshort", CallError::Interrupted),
        ("SSH-2.0-OpenSSH_9.2\r\n", CallError::Malformed),
        ("\x15\x03\x01\0\x02\x02\x0a", CallError::Malformed),
        ("HTTP/1.1 OK\r\n\r\n", CallError::Malformed),
        ("HTTP/2 200\r\n\r\n", CallError::Malformed),
        ("HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n", CallError::Malformed),
        ("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab", CallError::Malformed),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", CallError::Malformed),
        (&many, CallError::HeadTooLarge),
        (&wide, CallError::HeadTooLarge),
        (&endless, CallError::HeadTooLarge),
        ("HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n", CallError::TooLarge { limit: BODY_LIMIT }),
        (&format!("HTTP/1.1 200 OK\r\n\r\n{big}"), CallError::TooLarge { limit: BODY_LIMIT }),
    ];
    for (sent, error) in cases {
        let server = Server::close(sent).await;
        assert_eq!(ask(&server, PLENTY).await, Err(error), "{sent:.60}");
    }
}

#[tokio::test]
async fn a_gib_is_cut_at_the_limit() {
    let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
    let then = Then::Repeat {
        first: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".into(),
        again: chunk.into(),
        pause: false,
        limit: GIB,
    };
    let server = Server::start("127.0.0.1", then).await;
    assert_eq!(ask(&server, PLENTY).await, Err(CallError::TooLarge { limit: BODY_LIMIT }));
    let sent = server.seen().await.sent;
    assert!(sent < SOCKETS, "it could send {sent} bytes");
}

#[tokio::test]
async fn endless_trailers_are_cut() {
    let then = Then::Repeat {
        first: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n".into(),
        again: "a: b\r\n".repeat(1000).into(),
        pause: false,
        limit: GIB,
    };
    let server = Server::start("127.0.0.1", then).await;
    assert!(ask(&server, PLENTY).await.is_err());
    let sent = server.seen().await.sent;
    assert!(sent < SOCKETS, "it could send {sent} bytes");
}

#[tokio::test]
async fn a_flood_of_interim_answers_ends_with_the_time() {
    let then = Then::Repeat {
        first: Vec::new(),
        again: "HTTP/1.1 102 Processing\r\n\r\n".repeat(100).into(),
        pause: false,
        limit: usize::MAX,
    };
    assert_eq!(ask(&Server::start("127.0.0.1", then).await, SHORT).await, Err(late(Stage::Waiting)));
}

#[tokio::test]
async fn slow_bytes_are_cut() {
    let cases = [("HTTP/1.1 200 OK\r\nx: ", Stage::Waiting), ("HTTP/1.1 200 OK\r\n\r\n", Stage::Reading)];
    for (first, during) in cases {
        let then = Then::Repeat { first: first.into(), again: "y".into(), pause: true, limit: GIB };
        assert_eq!(ask(&Server::start("127.0.0.1", then).await, SHORT).await, Err(late(during)));
    }
}

#[tokio::test]
async fn silence_is_cut_at_every_stage() {
    let cases = [
        ("", Stage::Waiting),
        ("HTTP/1.1 200 OK\r\n", Stage::Waiting),
        ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", Stage::Reading),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n", Stage::Reading),
    ];
    for (sent, during) in cases {
        let server = Server::start("127.0.0.1", Then::Linger(sent.into())).await;
        assert_eq!(ask(&server, SHORT).await, Err(late(during)), "{sent:?}");
        server.seen().await;
    }
}

#[tokio::test]
async fn a_host_that_drops_connections_is_cut() {
    // The kernel drops what comes once the queue of connections that nobody accepts is full.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(stream) = tokio::time::timeout(SHORT, TcpStream::connect(address)).await {
        queue.push(stream.unwrap());
    }
    let call = Call {
        method: Method::Get,
        address: address.ip(),
        port: address.port(),
        path: "/".to_owned(),
        body: None,
        timeout: SHORT,
    };
    assert_eq!(MemberClient::unrestricted().call(call).await, Err(late(Stage::Connecting)));
}

#[tokio::test]
async fn a_closed_port_and_a_reset_are_told_apart() {
    let server = Server::start("127.0.0.1", Then::Reset).await;
    let call = get(&server, PLENTY);
    assert_eq!(MemberClient::unrestricted().call(call.clone()).await, Err(CallError::Interrupted));
    server.seen().await;
    let refused = MemberClient::unrestricted().call(call).await;
    assert_eq!(refused, Err(CallError::Connect(io::ErrorKind::ConnectionRefused)));
}

#[tokio::test]
async fn a_refused_address_is_not_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let call = Call {
        method: Method::Post,
        address: address.ip(),
        port: address.port(),
        path: "/drain".to_owned(),
        body: None,
        timeout: PLENTY,
    };
    let refused = MemberClient::new(BTreeSet::new()).call(call).await;
    assert_eq!(refused, Err(CallError::Refused { address: address.ip(), why: Refusal::Loopback }));
    assert!(futures::FutureExt::now_or_never(listener.accept()).is_none(), "it connected");
}

#[tokio::test]
async fn paths_that_are_none_are_not_sent() {
    for path in ["", "upgradeable", "http://elsewhere/", "/a b", "/a\r\nhost: elsewhere", "/\u{7f}"] {
        let server = Server::close("").await;
        let call = Call { path: path.to_owned(), ..get(&server, PLENTY) };
        assert_eq!(MemberClient::unrestricted().call(call).await, Err(CallError::Path), "{path:?}");
        server.done.abort();
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_ends_its_connection() {
    let server = Server::start("127.0.0.1", Then::Linger(Vec::new())).await;
    tokio::select! {
        answer = ask(&server, PLENTY) => panic!("{answer:?}"),
        () = server.asked.notified() => {}
    }
    // It ends only once the connection is closed.
    server.seen().await;
}
