//! Members that mean harm: slow, huge, packed, deep, leading elsewhere, or speaking to the terminal of whoever reads the status.

use std::iter::repeat_n;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::TcpListener;
use tokio::time::sleep;

use super::*;
use crate::gate::ReadyRule;

/// How much of an answer waits in a connection that nobody reads, in bytes.
const PIPE: usize = 4 * 1024;

/// 4 MiB of zeros, packed to less than 5 KiB.
const BOMB: &[u8] = include_bytes!("bomb.gz");

fn call() -> Call {
    let address = "10.0.0.1".parse().unwrap();
    Call { method: Method::Get, address, port: 80, path: "/".to_owned(), body: None, timeout: Duration::from_secs(5) }
}

/// Reads a request without a body.
async fn read_request(stream: &mut DuplexStream) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.unwrap());
    }
}

/// What comes of an answer that is sent as it is.
async fn answered(sent: Vec<u8>) -> Result<Answer, CallError> {
    ask(&Server::start("127.0.0.1", server::Then::Close(sent)).await, PLENTY).await
}

fn ok(headers: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\n{headers}content-length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

#[tokio::test(start_paused = true)]
async fn a_byte_a_second_gains_no_time() {
    for (first, during) in [("", Stage::Waiting), ("HTTP/1.1 200 OK\r\n\r\n", Stage::Reading)] {
        let (ours, mut theirs) = duplex(PIPE);
        let member = tokio::spawn(async move {
            read_request(&mut theirs).await;
            theirs.write_all(first.as_bytes()).await.unwrap();
            // Far longer than the call may take; it ends when the caller closes.
            for byte in b"HTTP/1.1 200 OK\r\nx: y".iter().chain(&[b'y'; 1000]) {
                sleep(Duration::from_secs(1)).await;
                if theirs.write_all(&[*byte]).await.is_err() {
                    return true;
                }
            }
            false
        });
        let began = Instant::now();
        let late = CallError::Timeout { after: call().timeout, during };
        assert_eq!(call_over(ours, call()).await, Err(late));
        assert_eq!(began.elapsed().as_secs(), call().timeout.as_secs());
        assert!(member.await.unwrap(), "the connection outlived the call");
    }
}

#[tokio::test]
async fn no_more_is_taken_than_an_answer_may_have() {
    let (ours, mut theirs) = duplex(PIPE);
    let member = tokio::spawn(async move {
        read_request(&mut theirs).await;
        theirs.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let mut taken = 0;
        while taken < 1 << 30 && theirs.write_all(&[b'x'; 1024]).await.is_ok() {
            taken += 1024;
        }
        taken
    });
    assert_eq!(call_over(ours, call()).await, Err(CallError::TooLarge { limit: BODY_LIMIT }));
    let taken = member.await.unwrap();
    assert!(taken <= BODY_LIMIT + 2 * BUFFER + PIPE, "{taken} bytes of a GiB");
}

#[tokio::test]
async fn what_is_packed_stays_packed() {
    for coding in ["gzip", "deflate", "br", "gzip, gzip"] {
        let headers = format!("content-encoding: {coding}\r\ncontent-type: application/json\r\n");
        assert_eq!(answered(ok(&headers, BOMB)).await.unwrap().body, BOMB);
    }
    // As a coding of the transfer it can't be left packed, so it is refused.
    let sent = [&b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n"[..], BOMB].concat();
    assert!(answered(sent).await.is_err());
}

#[tokio::test]
async fn deep_json_is_no_json() {
    let deep = |levels| repeat_n(b'[', levels).collect::<Vec<_>>();
    let fields = br#"{"a":"#.repeat(BODY_LIMIT / 5);
    assert_eq!(answered(ok("", &deep(100_000))).await, Err(CallError::TooLarge { limit: BODY_LIMIT }));
    let rule = ReadyRule::compile("response.body.isUpgradeable == true").unwrap();
    for body in [deep(BODY_LIMIT), fields] {
        let answer = answered(ok("", &body)).await.unwrap();
        let why = rule.judge(&answer).unwrap_err().to_string();
        assert!(why.contains("its body is no JSON"), "{why}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_are_never_ready() {
    let rule = ReadyRule::compile("response.body.isUpgradeable == true").unwrap();
    for body in
        [&b"\xff\xfe{\"isUpgradeable\":true}"[..], b"{\"isUpgradeable\":true}\xc3", b"{\"isUpgradeable\":\xe2\x28\xa1}"]
    {
        let answer = answered(ok("x-odd: \u{fffd}\r\n", body)).await.unwrap();
        assert!(rule.judge(&answer).is_err(), "{body:?}");
    }
}

#[tokio::test]
async fn a_redirect_leads_nowhere_and_is_never_ready() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let loopback = format!("http://{}/", elsewhere.local_addr().unwrap());
    let places =
        [&*loopback, "http://169.254.169.254/latest/meta-data/", "https://10.96.0.1/api", "//[fe80::1]/", "/again"];
    for place in places {
        for code in [300, 301, 302, 303, 305, 307, 308] {
            let headers = format!("location: {place}\r\nrefresh: 0; url={place}\r\ncontent-location: {place}\r\n");
            let sent = format!("HTTP/1.1 {code} See\r\n{headers}content-length: 2\r\n\r\n{{}}");
            let answer = answered(sent.into_bytes()).await.unwrap();
            assert_eq!((answer.code, answer.headers["location"].as_str()), (code, place));
            assert!(!ReadyRule::standard().judge(&answer).unwrap().ready, "{code} to {place}");
        }
    }
    assert!(futures::FutureExt::now_or_never(elsewhere.accept()).is_none(), "it followed");
}

#[tokio::test]
async fn what_a_member_says_does_nothing_to_a_terminal() {
    let said = r#"{"isUpgradeable":false,"message":"\u001b]0;owned\u0007\u001b[2J\u001b[31mred\u009b1m\r\nWarning  Fake\u202etxt"}"#;
    let answer = answered(ok("", said.as_bytes())).await.unwrap();
    let message = ReadyRule::standard().judge(&answer).unwrap().message;
    assert_eq!(message, "]0;owned [2J [31mred 1m Warning Fake txt");
    // In a header they are no HTTP.
    assert_eq!(answered(ok("x-state: \u{1b}[31mred\r\n", b"{}")).await, Err(CallError::Malformed));
    // Nor does an expression tell of values.
    let rule = ReadyRule::compile("response.body.message").unwrap();
    let why = rule.judge(&answer).unwrap_err().to_string();
    assert!(!why.contains(char::is_control) && !why.contains("owned"), "{why}");
}
