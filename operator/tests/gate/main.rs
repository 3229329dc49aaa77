//! The proof of the pure core, through its public surface: no mocks, no clock, no sleep.
//!
//! | part | proves |
//! |---|---|
//! | `rules/` | each rule of the design, told as a short story |
//! | `kit/laws.rs` | what holds for every decision; checked at each step of every test here |
//! | `random/` | that `decide` has an answer to everything, by random observations and random runs |
//! | `model/` | that no order of events breaks a law or leaves a member drained, by walking all of them |
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod kit;
mod model;
mod random;
mod rules;
