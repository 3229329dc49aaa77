//! A model checker: a small world around the real `decide`, in which everything that can happen next does happen, in every order.
//!
//! The world has one target with two pods, one or two gates, an application in each pod, the target's controller, Helm, people, time,
//! and faults: the operator crashes, answers are lost, a call takes effect late. In each state the laws hold, and from each a run
//! without further faults ends with every member back at work.

mod app;
mod explore;
mod fair;
mod key;
mod moves;
mod operator;
mod rollout;
mod same_end;
mod walks;
mod world;
