//! A misbehaving application. It answers as its [`Script`] says, which may change at run time, and it records every
//! [`Call`], so that a test can say what the operator did to it; and it prints each of them, and what it [`Answered`], as a [`Line`] of
//! JSON, which outlives it in its log.
//!
//! | call | does |
//! |---|---|
//! | `GET /upgradeable`, `POST`/`DELETE /drain` | the contract of `UpgradeGate`, as far as the script lets it |
//! | `GET /readyz` | readiness, as the script says |
//! | `POST /__script` | merges its JSON body into the script (RFC 7386) |
//! | `GET /__state` | the [`Snapshot`]: script, drain and calls |
//! | `POST /__exit` | ends the process with code 1: the container restarts |

mod answer;
mod record;
mod script;
mod server;
mod state;

pub use record::{Answered, Call, Done, Effect, Line, Said};
pub use script::{Body, Readiness, Reply, Script};
pub use server::{PORT, serve};
pub use state::{App, Lease, Snapshot};
