//! Gates against an application that keeps the contract: the whole of a run, without Helm.

mod actions;
mod deadlines;
mod deletion;
mod holding;
mod records;
mod rivals;
mod rollouts;
mod targets;
