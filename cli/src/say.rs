//! Lines to stdout and stderr. A reader that went away, such as `head`, is no reason to stop half-way: a gate that was
//! created must still be awaited or cancelled.

use std::{
    fmt::Display,
    io::{Write, stderr, stdout},
};

/// A line to stdout.
pub fn out(line: impl Display) {
    let _ = writeln!(stdout(), "{line}");
}

/// A line to stderr.
pub fn err(line: impl Display) {
    let _ = writeln!(stderr(), "{line}");
}
