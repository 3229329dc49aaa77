//! How the demo looks: plain text, with a little weight and colour where a person looks at a terminal.

use std::io::{IsTerminal, stdout};

/// Standard output.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    styled: bool,
}

impl Screen {
    /// Styled on a terminal, unless `NO_COLOR` is set.
    pub fn new() -> Self {
        Self { styled: stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() }
    }

    /// Begins a part of the demo.
    pub fn title(self, text: &str) {
        println!("\n{}", self.bold(text));
    }

    /// A line below a title.
    #[allow(clippy::unused_self, reason = "it reads like the others")]
    pub fn line(self, text: &str) {
        println!("  {text}");
    }

    /// A command, as one would type it.
    pub fn command(self, text: &str) {
        println!("  {}", self.bold(&format!("$ {text}")));
    }

    /// What a program printed.
    pub fn quote(self, text: &str) {
        for line in text.split('\n') {
            println!("  {} {line}", self.dim("|"));
        }
    }

    /// What was checked, and whether it is so.
    pub fn check(self, holds: bool, text: &str) {
        let word = if holds { self.style("32", "ok    ") } else { self.style("1;31", "FAILED") };
        println!("  {word} {text}");
    }

    /// Something that the eye shall find.
    pub fn bold(self, text: &str) -> String {
        self.style("1", text)
    }

    /// Something that it may skip.
    pub fn dim(self, text: &str) -> String {
        self.style("2", text)
    }

    fn style(self, code: &str, text: &str) -> String {
        if self.styled { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
