//! What the parts of the process tell about themselves.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The state of the process, part by part. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Health {
    parts: Arc<Mutex<Parts>>,
}

#[derive(Debug, Default)]
struct Parts {
    /// Parts that are not ready, and why.
    waiting: BTreeMap<&'static str, String>,
    /// Parts that ended though they never should.
    dead: BTreeMap<&'static str, &'static str>,
}

/// Held by a loop that must not end before the process does. Dropped any other way than by [`Alive::finish`], also by a
/// panic, it makes the process count as dead.
#[derive(Debug)]
pub struct Alive {
    part: &'static str,
    health: Option<Health>,
}

impl Health {
    /// A process that is ready once each of `parts` has said so.
    pub fn new(parts: &[&'static str]) -> Self {
        let health = Self::default();
        for part in parts {
            health.not_ready(part, "not known yet");
        }
        health
    }

    /// `part` is ready.
    pub fn now_ready(&self, part: &'static str) {
        self.parts().waiting.remove(part);
    }

    /// `part` is not ready, because of `why`.
    pub fn not_ready(&self, part: &'static str, why: impl Into<String>) {
        self.parts().waiting.insert(part, why.into());
    }

    /// The loop `part` begins.
    pub fn alive(&self, part: &'static str) -> Alive {
        self.parts().dead.remove(part);
        Alive { part, health: Some(self.clone()) }
    }

    /// Whether the process can do its work; if not, a line for each part that can't.
    pub fn ready(&self) -> Result<(), String> {
        lines(&self.parts().waiting)
    }

    /// Whether all loops run; if not, a line for each that does not.
    pub fn live(&self) -> Result<(), String> {
        lines(&self.parts().dead)
    }

    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Alive {
    /// The loop ended as it should.
    pub fn finish(mut self) {
        self.health = None;
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        if let Some(health) = &self.health {
            health.parts().dead.insert(self.part, "ended unexpectedly");
        }
    }
}

fn lines(parts: &BTreeMap<&'static str, impl AsRef<str>>) -> Result<(), String> {
    if parts.is_empty() {
        return Ok(());
    }
    let mut text = String::new();
    for (part, why) in parts {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{part}: {}", why.as_ref());
    }
    Err(text)
}
