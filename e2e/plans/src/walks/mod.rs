//! Spec walks: a gate in each phase is changed by somebody else, in every field, each time in one of four ways. What is defined is refused and names the
//! field, or accepted; and what was accepted leads on to an end.
//!
//! | what | file |
//! |---|---|
//! | the fields of the spec, from the definition that users apply | `schema.rs` |
//! | values for each | `values.rs` |
//! | a change, and how it is written | `change.rs`, `submit.rs` |
//! | which changes a walk makes | `choose.rs` |
//! | what is defined for a change | `law.rs` |
//! | how the run goes on after it | `course.rs` |
//! | a gate in each phase | `start.rs` |
//! | one walk, and the verdict on it | `walk.rs` |
//! | what is counted | `tally.rs` |

mod change;
mod choose;
mod course;
mod law;
mod schema;
mod start;
mod submit;
mod tally;
mod values;
mod walk;

pub use law::is_immutable;
pub use schema::{Field, Schema};
pub use start::Start;
pub use tally::Tally;
pub use walk::{Report, Walk, all};
