//! A model checker: a small world around the real `decide`, in which everything that can happen next does happen, in every order.
//!
//! The world has one target with two or three pods, one or two gates, an application in each pod, the target's controller, Helm, people,
//! time, and faults: the operator crashes, also between two writes; calls and answers are lost, late, or come twice; watches lag;
//! applications restart and lie. In each state the rules hold, and from each a run without further faults ends with every member back
//! at work.
//!
//! | file | what |
//! |---|---|
//! | `properties.rs` | S1 to S6, by name, over the whole world |
//! | `explore.rs` | the walk over all states, and S7 |
//! | `walks.rs`, `large.rs` | the worlds that are walked |
//! | `same_end.rs` | one fault at each step of a told run: the same outcome |
//! | `moves.rs`, `changes.rs`, `time.rs`, `fair.rs` | what can happen next |
//! | `operator.rs`, `calls.rs`, `view.rs` | the operator: decisions, workers, what it sees |
//! | `world.rs`, `app.rs`, `rollout.rs` | the cluster |
//! | `key.rs` | when two states are the same |

mod app;
mod calls;
mod changes;
mod explore;
mod fair;
mod key;
mod large;
mod moves;
mod operator;
mod properties;
mod rollout;
mod same_end;
mod time;
mod view;
mod walks;
mod world;
