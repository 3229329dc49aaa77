//! Fault plans.

fn main() {}
