//! The operator of UpgradeGate: drains and probes the members of a target, and opens the gate.
//!
//! Data flows one way: API objects and probe answers become a [`gate::Observation`], [`gate::decide`] turns it into a
//! [`gate::Decision`], and the controller applies that. [`gate`] is pure; all I/O is outside it.

pub mod admin;
pub mod client;
pub mod config;
pub mod controller;
#[doc(hidden)]
pub mod fuzzing;
#[deny(clippy::disallowed_methods, clippy::disallowed_types)] // see clippy.toml
pub mod gate;
pub mod lease;
pub mod metrics;
pub mod operate;
pub mod run;
pub mod shutdown;
pub mod telemetry;
