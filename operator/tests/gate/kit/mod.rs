//! Everything that the tests of the pure core build on: objects with sane defaults, runs told in steps, and the laws that hold always.

pub mod laws;
pub mod objects;
pub mod status;
mod story;

pub use objects::{at, gate, member, workload};
pub use story::{Story, is_marked, mark};
