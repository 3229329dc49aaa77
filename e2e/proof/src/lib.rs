//! A test as proof: what was recorded of it ([`History`]) is read against the rules that must hold always, and against the model.
//!
//! Pure: no I/O, no clock. A history comes from watches of a real cluster, or from a simulated one; the readers are the same.

mod history;
mod violation;

pub use history::{Answer, Call, Effect, Event, History, What};
pub use violation::{Rule, Violation};
