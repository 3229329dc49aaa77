//! One member: it takes one connection, reads the request, and then does as told.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// A member that takes one connection.
pub(super) struct Server {
    pub address: SocketAddr,
    /// Notified once the request was read.
    pub asked: Arc<Notify>,
    /// Ends with what the script returns.
    pub done: JoinHandle<Seen>,
}

/// What a member saw.
#[derive(Debug)]
pub(super) struct Seen {
    /// The request, head and body.
    pub request: String,
    /// How many bytes of the answer it could send.
    pub sent: usize,
}

/// What the member does once it has read the request.
pub(super) enum Then {
    /// Sends this and closes.
    Close(Vec<u8>),
    /// Sends this and waits until the caller closes.
    Linger(Vec<u8>),
    /// Sends the first once and the second again and again, with a pause, up to so many bytes or until the caller closes.
    Repeat { first: Vec<u8>, again: Vec<u8>, pause: bool, limit: usize },
    /// Resets the connection.
    Reset,
}

impl Server {
    pub async fn start(address: &str, then: Then) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Notify::new());
        let read = Arc::clone(&asked);
        let done = tokio::spawn(async move { serve(listener.accept().await.unwrap().0, then, &read).await });
        Self { address, asked, done }
    }

    pub async fn close(text: &str) -> Self {
        Self::start("127.0.0.1", Then::Close(text.into())).await
    }

    pub async fn seen(self) -> Seen {
        self.done.await.unwrap()
    }
}

async fn serve(mut stream: TcpStream, then: Then, asked: &Notify) -> Seen {
    let request = read_request(&mut stream).await;
    asked.notify_one();
    let sent = match then {
        Then::Close(bytes) => send(&mut stream, &bytes).await.unwrap_or(0),
        Then::Linger(bytes) => {
            let sent = send(&mut stream, &bytes).await.unwrap_or(0);
            // Ends when the caller closes.
            let _ = stream.read_to_end(&mut Vec::new()).await;
            sent
        }
        Then::Repeat { first, again, pause, limit } => {
            let mut sent = send(&mut stream, &first).await.unwrap_or(0);
            while sent < limit {
                let Some(more) = send(&mut stream, &again).await else { break };
                sent += more;
                if pause {
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
            }
            sent
        }
        Then::Reset => {
            stream.set_zero_linger().unwrap();
            0
        }
    };
    Seen { request, sent }
}

/// Reads the head and as much of a body as it announces.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = String::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some((head, body)) = request.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return request;
            }
        }
        let count = stream.read(&mut buffer).await.unwrap();
        assert!(count > 0, "the request ended early: {request}");
        request.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }
}

/// Sends all of it, or `None` once the caller has closed.
async fn send(stream: &mut TcpStream, bytes: &[u8]) -> Option<usize> {
    stream.write_all(bytes).await.ok().map(|()| bytes.len())
}
