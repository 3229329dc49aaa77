//! The world of one run: a namespace of a real API server, in which a Deployment, its pods and the application in them are played, and an
//! operator that is real.

mod app;
mod cluster;
mod http;
mod recorder;
mod stage;
mod strain;
mod workload;

pub use app::App;
pub use cluster::Cluster;
pub use recorder::Recorder;
pub use stage::{APP, World, outcome_of, phase_of};
