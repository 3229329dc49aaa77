//! The rules by generated cases, and the whole election against an API server in memory, on a clock that stands still
//! until everything waits.

#![allow(clippy::unwrap_used)]

mod election;
mod faults;
mod rules;
mod server;
