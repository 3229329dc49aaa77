//! Faults of what the operator stands on: the control plane, the node, the network, the clock. Each comes with an [`Undo`]
//! that puts it right again, also when the test fails. They need the local cluster and root.

pub mod clock;
pub mod component;
pub mod network;
pub mod process;
pub mod taken;
mod undo;

mod places;

pub use places::{PHASES, Place, all_end_well, in_namespaces, in_places};
pub use undo::Undo;
