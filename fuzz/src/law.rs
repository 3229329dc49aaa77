//! What must hold for every text that people are shown.

/// Whether a character may change how a terminal or a page shows what is around it: control characters, with the escapes of terminals
/// among them, and those that turn the direction of writing.
pub fn is_harmful(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns
}

/// One line that does no harm where it is shown.
///
/// # Panics
/// If it could.
pub fn harmless(text: &str) {
    assert!(!text.contains(is_harmful), "{text:?} could do harm where it is shown");
}

/// Several such lines.
///
/// # Panics
/// If one of them could do harm.
pub fn harmless_lines(text: &str) {
    text.split('\n').for_each(harmless);
}
