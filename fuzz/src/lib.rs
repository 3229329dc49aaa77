//! Fuzz targets: each takes what others write, whatever it is, to the code that reads it, and checks what must hold then.
//!
//! The engine calls them with inputs that it makes up (`src/bin/fuzz.rs`); a test replays the inputs that are kept
//! (`tests/corpus.rs`). See README.md.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answer;
mod law;
mod targets;

use targets::{
    command_line, drain_answer, gate, gate_shown, kubeconfig, lease, manifest, member_answer, pod, probe_answer,
    ready_expression, sentence,
};

/// One fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, and that of its folder in the corpus.
    pub name: &'static str,
    /// Takes one input. It panics if something that must hold does not.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "member_answer", run: member_answer::run },
    Target { name: "probe_answer", run: probe_answer::run },
    Target { name: "drain_answer", run: drain_answer::run },
    Target { name: "ready_expression", run: ready_expression::run },
    Target { name: "gate", run: gate::run },
    Target { name: "pod", run: pod::run },
    Target { name: "lease", run: lease::run },
    Target { name: "sentence", run: sentence::run },
    Target { name: "gate_shown", run: gate_shown::run },
    Target { name: "manifest", run: manifest::run },
    Target { name: "command_line", run: command_line::run },
    Target { name: "kubeconfig", run: kubeconfig::run },
];

/// The target of this name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().find(|target| target.name == name).copied()
}
