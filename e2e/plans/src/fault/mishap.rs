//! What can happen to a call.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// What happens to one call. Durations are in milliseconds, as in a plan's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mishap {
    /// The process that calls is killed before the call is made, and started anew.
    KillBefore,
    /// It is killed when the call has taken effect, before it learns of it.
    KillAfter,
    /// All of the process stands still before the call, timers too, as after SIGSTOP.
    FreezeBefore(u64),
    /// It stands still when the call has taken effect, before it learns of it.
    FreezeAfter(u64),
    /// The call fails before it reaches the server; a member refuses connections for a while.
    Refuse,
    /// A member reads the request and drops the connection.
    Reset,
    /// The call takes effect, and the connection breaks instead of an answer.
    Lose,
    /// The call does not reach the server, and nothing is ever answered.
    Hang,
    /// The call takes effect, and nothing is ever answered.
    Swallow,
    /// The call reaches the server this much later.
    Delay(u64),
    /// The answer comes this much later. At a member: the effect too, when nobody waits any more.
    Late(u64),
    /// The server answers with this code and does nothing. 429 and 503 ask to come back in an hour.
    Code(u16),
    /// Half of the answer.
    Truncate,
    /// An answer that is no HTTP.
    Garbage,
    /// A watch ends after its first event.
    Cut,
    /// A watch says nothing for so long, then all of it.
    Starve(u64),
    /// A GET or LIST is answered as it was the first time, as by a server that lags.
    Replay,
}

/// The calls that one kind of mishap can strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calls {
    /// A call to the API that changes something.
    Write,
    /// A GET or LIST.
    Read,
    /// A watch.
    Watch,
    /// A call to a member.
    Member,
}

/// How long a member refuses connections.
pub const REFUSES_FOR: Duration = Duration::from_millis(1500);

impl Calls {
    /// The calls that a kind such as `update leases` or `drain` belongs to.
    pub fn of(kind: &str) -> Self {
        match kind.split_once(' ') {
            None => Calls::Member,
            Some(("watch", _)) => Calls::Watch,
            Some(("get" | "list", _)) => Calls::Read,
            Some(_) => Calls::Write,
        }
    }

    /// What can happen to them.
    pub fn mishaps(self) -> &'static [Mishap] {
        use Mishap::{
            Code, Cut, Delay, FreezeAfter, FreezeBefore, Garbage, Hang, KillAfter, KillBefore, Late, Lose, Refuse,
            Replay, Reset, Starve, Swallow, Truncate,
        };
        match self {
            Calls::Write => &[
                KillBefore,
                KillAfter,
                FreezeBefore(4000),
                FreezeAfter(4000),
                Refuse,
                Lose,
                Hang,
                Swallow,
                Delay(700),
                Late(700),
                Late(2500),
                Code(409),
                Code(410),
                Code(429),
                Code(500),
                Code(503),
                Truncate,
            ],
            Calls::Read => &[
                KillBefore,
                KillAfter,
                FreezeBefore(4000),
                FreezeAfter(4000),
                Refuse,
                Hang,
                Delay(700),
                Late(2500),
                Code(410),
                Code(429),
                Code(500),
                Code(503),
                Truncate,
                Replay,
            ],
            Calls::Watch => &[
                KillBefore,
                KillAfter,
                FreezeBefore(4000),
                FreezeAfter(4000),
                Refuse,
                Delay(2500),
                Code(410),
                Code(429),
                Code(500),
                Code(503),
                Truncate,
                Cut,
                Starve(2000),
                Starve(4000),
            ],
            Calls::Member => &[
                KillBefore,
                KillAfter,
                FreezeBefore(4000),
                FreezeAfter(4000),
                Refuse,
                Reset,
                Lose,
                Hang,
                Delay(700),
                Late(2500),
                Code(500),
                Truncate,
                Garbage,
            ],
        }
    }
}

impl Mishap {
    /// Its kind without the numbers, for counting.
    pub fn kind(self) -> String {
        let text = self.to_string();
        text.split('=').next().unwrap_or_default().to_owned()
    }
}

impl fmt::Display for Mishap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mishap::KillBefore => f.write_str("kill-before"),
            Mishap::KillAfter => f.write_str("kill-after"),
            Mishap::FreezeBefore(ms) => write!(f, "freeze-before={ms}"),
            Mishap::FreezeAfter(ms) => write!(f, "freeze-after={ms}"),
            Mishap::Refuse => f.write_str("refuse"),
            Mishap::Reset => f.write_str("reset"),
            Mishap::Lose => f.write_str("lose"),
            Mishap::Hang => f.write_str("hang"),
            Mishap::Swallow => f.write_str("swallow"),
            Mishap::Delay(ms) => write!(f, "delay={ms}"),
            Mishap::Late(ms) => write!(f, "late={ms}"),
            Mishap::Code(code) => write!(f, "code={code}"),
            Mishap::Truncate => f.write_str("truncate"),
            Mishap::Garbage => f.write_str("garbage"),
            Mishap::Cut => f.write_str("cut"),
            Mishap::Starve(ms) => write!(f, "starve={ms}"),
            Mishap::Replay => f.write_str("replay"),
        }
    }
}

impl FromStr for Mishap {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, number) = text.split_once('=').unwrap_or((text, "0"));
        let ms: u64 = number.parse().with_context(|| format!("{text}: {number:?} is no number"))?;
        Ok(match name {
            "kill-before" => Mishap::KillBefore,
            "kill-after" => Mishap::KillAfter,
            "freeze-before" => Mishap::FreezeBefore(ms),
            "freeze-after" => Mishap::FreezeAfter(ms),
            "refuse" => Mishap::Refuse,
            "reset" => Mishap::Reset,
            "lose" => Mishap::Lose,
            "hang" => Mishap::Hang,
            "swallow" => Mishap::Swallow,
            "delay" => Mishap::Delay(ms),
            "late" => Mishap::Late(ms),
            "code" => Mishap::Code(u16::try_from(ms)?),
            "truncate" => Mishap::Truncate,
            "garbage" => Mishap::Garbage,
            "cut" => Mishap::Cut,
            "starve" => Mishap::Starve(ms),
            "replay" => Mishap::Replay,
            _ => bail!("no mishap is called {name:?}"),
        })
    }
}
