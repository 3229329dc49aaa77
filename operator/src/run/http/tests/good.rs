//! Answers, and how the question looks.

use super::server::Then;
use super::*;

fn headers(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn any_status_is_an_answer_and_nothing_is_followed_or_decoded() {
    let long = "x".repeat(BODY_LIMIT);
    let cases: [(&str, u16, &[u8]); 12] = [
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", 200, b"ok"),
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\ngone", 404, b"gone"),
        ("HTTP/1.1 500 Oh\r\n\r\nan error page", 500, b"an error page"),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        ("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", 302, b""),
        ("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>", 200, b"<html>"),
        ("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\n\x1f\x0b\x08", 200, b"\x1f\x0b\x08"),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nlate: yes\r\n\r\n",
            200,
            b"abc",
        ),
        ("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nabc", 200, b"a"),
        ("HTTP/1.0 200 OK\r\n\r\nold", 200, b"old"),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", 200, b"ok"),
        (&format!("HTTP/1.1 200 OK\r\n\r\n{long}"), 200, long.as_bytes()),
    ];
    for (sent, code, body) in cases {
        let answer = ask(&Server::close(sent).await, PLENTY).await.unwrap();
        assert_eq!((answer.code, answer.body.as_slice()), (code, body), "{sent:.60}");
    }
}

#[tokio::test]
async fn the_request_says_who_asks_and_nothing_more() {
    let server = Server::close("HTTP/1.1 200 OK\r\n\r\n").await;
    let address = server.address;
    ask(&server, PLENTY).await.unwrap();
    let expected = format!(
        "GET /upgradeable?of=all HTTP/1.1\r\nhost: {address}\r\nuser-agent: {USER_AGENT}\r\n\
         accept: application/json, */*;q=0.8\r\nconnection: close\r\n\r\n"
    );
    assert_eq!(server.seen().await.request, expected);
}

#[tokio::test]
async fn drain_and_resume_carry_json() {
    for (method, name) in [(Method::Post, "POST"), (Method::Delete, "DELETE")] {
        let server = Server::close("HTTP/1.1 200 OK\r\n\r\n").await;
        let call = Call { method, body: Some(b"{\"epoch\":7}".to_vec()), ..get(&server, PLENTY) };
        MemberClient::unrestricted().call(call).await.unwrap();
        let request = server.seen().await.request;
        assert!(request.starts_with(&format!("{name} /upgradeable?of=all HTTP/1.1\r\n")), "{request}");
        assert!(request.contains("\r\ncontent-type: application/json\r\ncontent-length: 11\r\n"), "{request}");
        assert!(request.ends_with("\r\n\r\n{\"epoch\":7}"), "{request}");
    }
}

#[tokio::test]
async fn headers_have_lower_case_names_and_joined_values() {
    let server = Server::close("HTTP/1.1 200 OK\r\nX-State: Busy\r\nx-state: Very\r\nContent-Length: 0\r\n\r\n").await;
    let answer = ask(&server, PLENTY).await.unwrap();
    assert_eq!(answer.headers, headers(&[("content-length", "0"), ("x-state", "Busy, Very")]));
}

#[tokio::test]
async fn bytes_that_are_no_text_stay_what_they_are() {
    let sent = b"HTTP/1.1 200 OK\r\nx-odd: \xff\r\ncontent-length: 2\r\n\r\n\xff\x00".to_vec();
    let answer = ask(&Server::start("127.0.0.1", Then::Close(sent)).await, PLENTY).await.unwrap();
    assert_eq!(answer.body, b"\xff\x00");
    assert_eq!(answer.headers["x-odd"], "\u{fffd}");
}

#[tokio::test]
async fn keep_alive_is_ignored() {
    let sent = "HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok";
    let server = Server::start("127.0.0.1", Then::Linger(sent.into())).await;
    assert_eq!(ask(&server, PLENTY).await.unwrap().body, b"ok");
    // It ends only once the connection is closed.
    server.seen().await;
}

#[tokio::test]
async fn an_upgrade_of_the_protocol_is_not_taken() {
    let sent = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    let server = Server::start("127.0.0.1", Then::Linger(sent.into())).await;
    assert_eq!(ask(&server, PLENTY).await.unwrap().code, 101);
    server.seen().await;
}

#[tokio::test]
async fn ipv6_works() {
    let server = Server::start("::1", Then::Close("HTTP/1.1 200 OK\r\n\r\n".into())).await;
    let host = format!("\r\nhost: [::1]:{}\r\n", server.address.port());
    ask(&server, PLENTY).await.unwrap();
    assert!(server.seen().await.request.contains(&host));
}
