//! A replica that has lost the Lease calls nobody.

use super::*;
use crate::lease::Leadership;

#[tokio::test]
async fn nothing_is_sent_after_the_tenure() {
    let tenure = Leadership::for_a_while(PLENTY).held().await;
    let server = Server::close("HTTP/1.1 200 OK\r\n\r\n").await;
    MemberClient::unrestricted().only_while(tenure).call(get(&server, PLENTY)).await.unwrap();

    let tenure = Leadership::for_a_while(SHORT).held().await;
    tenure.lost().await;
    let server = Server::close("").await;
    let late = MemberClient::unrestricted().only_while(tenure).call(get(&server, PLENTY)).await;
    assert_eq!(late, Err(CallError::NotActing));
    let read = server.done.await;
    assert!(read.is_err_and(|panic| panic.is_panic()), "a request was sent");
}
