//! The pure core: what is known becomes what is to be done.
//!
//! [`decide`] takes an [`Observation`] and gives a [`Decision`]. Nothing here does I/O, reads a clock, draws a random number or
//! is async: `now` is a value of the observation. The lints that `lib.rs` denies for this module keep it so.
//!
//! | rule of the design | file |
//! |---|---|
//! | what a gate asks, parsed once | `plan.rs` |
//! | first sight of a gate | `first_sight.rs` |
//! | a status that was edited by hand | `stored.rs` |
//! | newer and older gates of a target, supersede | `rivals.rs`, `standing.rs` |
//! | epochs, 409 | `epoch.rs` |
//! | what ends a run early | `early_end.rs` |
//! | drain, probe, open and close again | `hold.rs` |
//! | who is ready, who holds the gate | `tally.rs`, `member.rs`, `ready_rule.rs`, `ready_limits.rs` |
//! | rolling out, rolled back, failed | `rollout.rs` |
//! | putting members back to work | `resume.rs` |
//! | our finalizer, and what it says of a run | `standing.rs` |
//! | what each member is told | `intent.rs` |
//! | conditions, sentences, Events | `conditions.rs`, `message.rs`, `text.rs`, `events.rs` |
//! | what is written at once, and what may wait | `significance.rs` |

mod conditions;
mod decide;
mod early_end;
mod epoch;
mod events;
mod first_sight;
mod hold;
mod intent;
mod known;
mod member;
mod message;
mod observation;
mod plan;
mod ready_limits;
mod ready_rule;
mod resume;
mod rivals;
mod rollout;
mod significance;
mod standing;
mod stored;
mod tally;
mod template;
pub(crate) mod text;
mod time;

pub use decide::{Decision, decide};
pub use events::{Event, Severity};
pub use intent::Intent;
pub use member::{DrainFact, Facts, Lifecycle, Member, ProbeFact, Revision, Trouble};
pub use observation::{Members, Observation, Target, Workload};
pub use plan::{Endpoint, Invalid, Plan, Quorum};
pub use ready_rule::{Answer, ReadyRule, Report};
pub use significance::{Significance, significance};
pub use standing::{has_finalizer, may_have_drained};
pub use template::template_hash;
