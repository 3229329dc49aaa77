//! The application of the demo: it works on long operations, and shows an
//! application's author how to implement the contract of `UpgradeGate`.
//!
//! The core is pure, with `now` as a value: [`lease`] is the drain lease,
//! [`operations`] counts what runs, and [`work`] joins both into the one
//! question that matters, "may new work start?". Around it, [`app`] holds the
//! state, [`routes`] speaks HTTP, and [`server`] lives from start to SIGTERM.

pub mod app;
pub mod config;
pub mod lease;
pub mod logging;
pub mod metrics;
pub mod operations;
pub mod routes;
pub mod seconds;
pub mod server;
pub mod shutdown;
pub mod work;
