//! Texts of others, on their way into a status, an Event or a terminal.

use upgradegate_cli::view;
use upgradegate_operator::fuzzing::{MEMBER, REASON, SENTENCE, one_line};

use crate::law;

/// The input is the text.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    law::harmless(&view::clean(&text));
    for most in [0, 1, MEMBER, REASON, SENTENCE] {
        let line = one_line(&text, most);
        law::harmless(&line);
        let json = serde_json::to_string(&line).unwrap();
        assert!(json.len() <= most + "\"…\"".len(), "{} bytes of {most}", json.len());
        assert!(
            most == 0 || !line.is_empty() || !text.chars().any(char::is_alphanumeric),
            "nothing is left of {text:?}"
        );
    }
}
