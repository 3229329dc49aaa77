//! Scenarios that disturb the shared operator: one at a time, and each leaves it as it was.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::similar_names)]

mod absent;
mod forbidden;
mod handover;
mod idle;
mod killed;
mod lease;

use upgradegate_e2e::alone;
