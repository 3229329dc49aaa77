//! What the tests on a real cluster, the demo and the benchmark share.
//!
//! A test is a [`scenario`]: it gets a namespace of its own, waits by watch for conditions, and at its end the rules that
//! must hold always are checked over every status that any of its gates ever had. On failure all that could explain it
//! is printed; `E2E_KEEP=1` keeps the namespace.

mod alone;
pub mod audit;
pub mod bounds;
pub mod cli;
pub mod control_plane;
pub mod demo_app;
mod dump;
pub mod env;
pub mod fault_app;
pub mod gate;
pub mod helm;
pub mod history;
pub mod is;
pub mod kill;
pub mod load;
pub mod logs;
pub mod operator;
pub mod phases;
pub mod pods;
pub mod process;
pub mod proof;
pub mod recorder;
mod scenario;
mod test;
pub mod wait;
mod watched;

pub use alone::alone;
pub use gate::{Gate, GateBuilder};
pub use scenario::{Scenario, scenario};
pub use test::{LABEL, Test, connect};
