//! Who is a member, and what happens to members in the middle of a run.

mod belonging;
mod changes;
mod states;
