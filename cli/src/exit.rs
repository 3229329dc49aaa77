//! Exit codes: part of the interface, since hooks and scripts decide by them.

/// The gates are open, or the order was given.
pub const DONE: u8 = 0;

/// Not open: refused (the outcome is named), timed out or stopped; or an order that can't be given any more.
pub const REFUSED: u8 = 1;

/// The question could not be put: bad usage or manifest, a spec that the API server refused, a missing API, missing
/// permissions, no such gate, no cluster.
pub const USAGE: u8 = 2;

/// No operator answered in time.
pub const NO_OPERATOR: u8 = 3;
