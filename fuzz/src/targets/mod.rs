//! One file a target.

pub mod command_line;
pub mod drain_answer;
pub mod gate;
pub mod gate_shown;
pub mod kubeconfig;
pub mod lease;
pub mod manifest;
pub mod member_answer;
pub mod pod;
pub mod probe_answer;
pub mod ready_expression;
pub mod sentence;
