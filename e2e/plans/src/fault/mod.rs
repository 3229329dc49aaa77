//! Faults: where they strike, what they do, and the layers that carry them out.

mod answer;
mod layer;
mod mishap;
mod plan;
mod striker;

pub use layer::FaultyClient;
pub use mishap::{Calls, Mishap, REFUSES_FOR};
pub use plan::{Fault, Plan, Point};
pub use striker::Striker;
