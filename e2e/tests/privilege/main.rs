//! Least privilege, shown on the local cluster. `used` reads the audit log of all tests before it, so this target runs last.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod first;
mod network;
mod restricted;
mod used;
