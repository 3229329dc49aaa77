//! The command as a process: exact output and exit codes, against an API server on loopback that fails on demand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod create;
mod orders;
mod request;
mod support;
mod usage;
mod wait;
