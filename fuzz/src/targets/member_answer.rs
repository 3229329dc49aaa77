//! What a member sends over its connection, byte for byte, to the client for members.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    runtime::{Builder, Runtime},
    time::Instant,
};
use upgradegate_operator::{
    fuzzing::told,
    run::http::{BODY_LIMIT, Call, HEAD_LIMIT, HEADER_COUNT_LIMIT, Method, call_over},
};

use super::probe_answer;
use crate::law;

const TIMEOUT: Duration = Duration::from_secs(5);

/// A member that sends what it has in pieces once it was asked, and then closes or falls silent.
struct Member<'i> {
    asked: bool,
    reader: Option<Waker>,
    rest: &'i [u8],
    piece: usize,
    closes: bool,
}

/// The first byte says how the member sends the rest: in pieces of what size, and whether it closes at the end.
pub fn run(input: &[u8]) {
    let Some((how, rest)) = input.split_first() else { return };
    let piece = [1, 7, 64, 1500, usize::MAX][usize::from(*how >> 1) % 5];
    let member = Member { asked: false, reader: None, rest, piece, closes: how & 1 == 0 };
    let method = [Method::Get, Method::Post, Method::Delete][usize::from(*how >> 4) % 3];
    let call = Call {
        method,
        address: IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)),
        port: 8080,
        path: "/upgradeable".into(),
        body: (method != Method::Get).then(|| br#"{"epoch":7}"#.to_vec()),
        timeout: TIMEOUT,
    };
    // Time stands still but for the timeout, so silence costs none.
    thread_local! { static RUNTIME: Runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap(); }
    let answer = RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let began = Instant::now();
            let answer = call_over(member, call).await;
            assert!(began.elapsed() <= TIMEOUT + Duration::from_millis(2), "a call ends at its timeout");
            answer
        })
    });
    match answer {
        Ok(answer) => {
            assert!(answer.body.len() <= BODY_LIMIT);
            assert!(answer.headers.len() <= HEADER_COUNT_LIMIT);
            // Bytes that are no text take three each once they are replaced.
            assert!(
                answer.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() <= 3 * HEAD_LIMIT
            );
            assert!(answer.body.len() <= rest.len(), "nothing is decoded into more than was sent");
            probe_answer::judged(&answer);
            let _ = told(&answer, 7);
        }
        Err(error) => law::harmless(&error.to_string()),
    }
}

impl AsyncRead for Member<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.asked || self.rest.is_empty() && !self.closes {
            self.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        let count = self.piece.min(self.rest.len()).min(buffer.remaining());
        let (now, later) = self.rest.split_at(count);
        buffer.put_slice(now);
        self.rest = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Member<'_> {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.asked = true;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
