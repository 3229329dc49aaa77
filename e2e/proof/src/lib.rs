//! A test as proof: what was recorded of it ([`History`]) is read against the rules that must hold always, and against the model.
//!
//! Pure: no I/O, no clock. A history comes from watches of a real cluster, or from a simulated one; the readers are the same.
//!
//! | rule | file |
//! |---|---|
//! | S1 open only with the quorum, or by an order on record | `s1.rs`, `witness.rs` |
//! | S2 at most one running gate a target | `s2.rs` |
//! | S3 calls go to members only, at their own address | `s3.rs`, `member.rs` |
//! | S4 errors and silence are not "ready" | `s4.rs`, `witness.rs` |
//! | S5 every wait ends at a time that the status shows | `s5.rs` |
//! | S6 nobody is forgotten, nobody is resumed who is about to be replaced, nothing else is touched | `s6/` |
//! | the shape of a record | `record.rs` |
//! | every written status is a step that the model allows | `replay/` |

mod check;
mod history;
mod member;
mod record;
mod replay;
mod s1;
mod s2;
mod s3;
mod s4;
mod s5;
mod s6;
mod slack;
mod timeline;
mod violation;
mod witness;
mod world;

pub use check::{check, check_within};
pub use history::{Answer, Call, Effect, Event, History, What};
pub use record::UNCHANGED;
pub use replay::{Replayed, replay, replay_within};
pub use slack::Slack;
pub use violation::{Rule, Violation};
