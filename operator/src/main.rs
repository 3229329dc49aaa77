//! The operator of UpgradeGate.
fn main() {}
