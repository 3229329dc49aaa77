//! A misbehaving application. It answers as its [`Script`] says, which may change at run time, and it records every
//! [`Call`], so that a test can say what the operator did to it.
//!
//! | call | does |
//! |---|---|
//! | `GET /upgradeable`, `POST`/`DELETE /drain` | the contract of `UpgradeGate`, as far as the script lets it |
//! | `GET /readyz` | readiness, as the script says |
//! | `POST /__script` | merges its JSON body into the script (RFC 7386) |
//! | `GET /__state` | the [`Snapshot`]: script, drain and calls |
//! | `POST /__exit` | ends the process with code 1: the container restarts |

mod answer;
mod script;
mod server;
mod state;

pub use script::{Body, Readiness, Reply, Script};
pub use server::{PORT, serve};
pub use state::{App, Call, Lease, Snapshot};
