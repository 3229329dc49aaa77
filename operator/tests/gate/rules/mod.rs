//! The rules of the design, one file each.

mod actions;
mod conditions;
mod deadline;
mod epoch;
mod events;
mod finalizer;
mod first_sight;
mod freshness;
mod hold;
mod messages;
mod open_window;
mod quorum;
mod ready_rule;
mod ready_rule_limits;
mod resume;
mod resume_bounds;
mod rivals;
mod rollout;
mod rollout_end;
mod significance;
mod size;
mod stored;
mod template;
mod ttl;
