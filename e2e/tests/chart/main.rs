//! The charts, rendered by Helm 3 and Helm 4; no cluster is needed.
//!
//! A test that lacks a Helm has failed: `HELM3` and `HELM4` say where they are.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod gates;
mod generated;
mod helm;
mod hooks;
mod lint;
mod network;
mod rbac;
mod samples;
mod schema;
mod security;
mod switches;
