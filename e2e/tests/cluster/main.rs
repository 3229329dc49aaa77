//! The scenarios on a real cluster. Each has a namespace of its own and they run at once; those that disturb the shared
//! operator are in `disruption`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::similar_names)]

mod api;
mod cli;
mod faults;
mod gate;
mod helm;
mod members;
