//! Least privilege, measured: what accounts were granted, against what the API server's audit log says they used.
//!
//! Only the local cluster writes such a log (`e2e/cluster/config/audit.yaml`: every request of a ServiceAccount that is not the
//! cluster's own). `UPGRADEGATE_AUDIT_LOG` says where it is.

mod compare;
mod log;
mod rights;

pub use compare::{Comparison, compare};
pub use log::{Account, Request, Requests, Seen, read, since};
pub use rights::{Granted, Right};
