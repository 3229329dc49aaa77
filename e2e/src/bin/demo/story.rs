//! What happens, told as it happens: a line a change, with the seconds since the upgrade began.

use jiff::Timestamp;

use crate::screen::Screen;

/// Room for whom a line is about: a pod's name.
const WHO: usize = 27;

/// Tells what happens from a point in time on.
#[derive(Clone, Copy, Debug)]
pub struct Story {
    screen: Screen,
    begin: Timestamp,
}

impl Story {
    /// Begins now.
    pub fn begin(screen: Screen) -> Self {
        Self { screen, begin: Timestamp::now() }
    }

    /// Tells something that happens now.
    pub fn tell(&self, who: &str, what: &str) {
        self.tell_of(Timestamp::now(), who, what);
    }

    /// Tells something that happened at a known time.
    pub fn tell_of(&self, at: Timestamp, who: &str, what: &str) {
        let clock = self.screen.dim(&format!("{:>6.1} s", self.seconds(at)));
        self.screen.line(&format!("{clock}  {who:<WHO$}  {what}"));
    }

    /// Seconds from the beginning to a point in time.
    pub fn seconds(&self, at: Timestamp) -> f64 {
        at.duration_since(self.begin).as_secs_f64()
    }
}
