//! Least privilege, shown on the cluster. It runs last: the audit log of all tests before it is its material.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod used;
