//! The real binary under SIGTERM: what runs is finished, or its end is told.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
};

use hyper::StatusCode;
use serde_json::Value;
use support::{Client, PATIENCE};

/// A process of the binary, killed at the end of the test whatever happens.
struct DemoApp {
    child: Child,
    lines: mpsc::Receiver<Value>,
}

impl DemoApp {
    fn spawn(grace_seconds: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_demo-app"))
            .args(["--listen", "127.0.0.1:0", "--grace-seconds", grace_seconds])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).expect(&line);
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// Reads the log up to the line with this message, and returns that line.
    fn line(&self, message: &str) -> Value {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).expect(message);
            if line["message"] == message {
                return line;
            }
        }
    }

    fn client(&self) -> Client {
        let listening = self.line("listening");
        Client(listening["address"].as_str().unwrap().parse().unwrap())
    }

    fn terminate(&self) {
        let pid = self.child.id().to_string();
        let kill = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(kill.unwrap().success());
    }

    /// The rest of the log, to its end, and how the process ended.
    fn end(mut self) -> (Vec<Value>, ExitStatus) {
        let mut rest = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => rest.push(line),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("still running: {rest:?}"),
            }
        }
        (rest, self.child.wait().unwrap())
    }
}

impl Drop for DemoApp {
    fn drop(&mut self) {
        // An error means that it has ended, as it should.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn counts(line: &Value) -> [u64; 3] {
    ["started", "finished", "cut_off"].map(|count| line[count].as_u64().unwrap())
}

#[tokio::test]
async fn what_runs_is_finished_and_new_work_is_refused() {
    let app = DemoApp::spawn("20");
    let client = app.client();
    client.start("?seconds=3").await;
    client.start("?seconds=3").await;
    app.terminate();
    app.line("stopping: no new work, waiting for the operations that run");

    let refused = client.start("").await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers["retry-after"], "5");
    assert_eq!(refused.json()["reason"], "Stopping");
    let unready = client.get("/readyz").await.status;
    assert_eq!(unready, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(client.get("/livez").await.status, StatusCode::OK);
    assert_eq!(client.get("/upgradeable").await.json()["operations"], 2);

    let (rest, status) = app.end();
    let messages: Vec<_> = rest.iter().map(|line| &line["message"]).collect();
    assert_eq!(messages, ["operation finished", "operation finished", "stopped"]);
    assert_eq!(counts(rest.last().unwrap()), [2, 2, 0]);
    assert!(status.success());
}

#[tokio::test]
async fn what_outlasts_the_grace_period_is_cut_off_and_told() {
    let app = DemoApp::spawn("0.1");
    let client = app.client();
    client.start("?seconds=60").await;
    client.start("?seconds=0.01").await;
    app.line("operation finished");
    app.terminate();

    let cut_off = app.line("operation cut off");
    assert_eq!(cut_off["id"], 1);
    assert_eq!(cut_off["of_seconds"], 60.0);
    let ran = cut_off["ran_seconds"].as_f64().unwrap();
    assert!((0.1..60.0).contains(&ran), "{ran}");
    let (rest, status) = app.end();
    assert_eq!(rest.len(), 1, "{rest:?}");
    assert_eq!(counts(&rest[0]), [2, 1, 1]);
    assert!(status.success());
}

#[tokio::test]
async fn an_idle_application_ends_at_once() {
    let app = DemoApp::spawn("600");
    app.client();
    app.terminate();
    let (rest, status) = app.end();
    assert_eq!(counts(rest.last().unwrap()), [0, 0, 0]);
    assert!(status.success());
}

#[tokio::test]
async fn a_lease_that_is_over_is_logged() {
    let app = DemoApp::spawn("0");
    let client = app.client();
    client.drain(7, 1).await;
    let over = app.line("drain lease over without a resume: working again");
    assert_eq!(over["epoch"], 7);
    assert_eq!(over["gate"], "demo-app-1");
}

#[tokio::test]
async fn an_address_in_use_is_told_with_what_to_do() {
    let first = DemoApp::spawn("0");
    let address = first.client().0.to_string();
    let second = Command::new(env!("CARGO_BIN_EXE_demo-app")).args(["--listen", &address]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let log = String::from_utf8(second.stdout).unwrap();
    assert!(log.contains(&address) && log.contains("--listen"), "{log}");
}
