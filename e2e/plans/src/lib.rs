//! Fault plans: whole upgrades of simulated workloads against a real API server and etcd, with the operator as a library, and a fault
//! at a chosen call. Each run ends like the run without faults, and its recorded history is checked against the rules that hold always.

pub mod campaign;
pub mod control_plane;
pub mod fault;
pub mod replica;
pub mod run;
pub mod scenario;
pub mod walks;
pub mod world;
