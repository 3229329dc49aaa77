//! Text that others wrote, on its way into a status: one line, harmless, and short.

/// Most bytes of what is told of one member.
pub const MEMBER: usize = 112;

/// Most bytes of the reason of an action.
pub const REASON: usize = 300;

/// Most bytes of a sentence. With four copies of it (the message and three conditions), ten members and two reasons a status stays
/// below 8 KiB.
pub const SENTENCE: usize = 720;

/// `text` on one line, without what changes how a terminal shows the rest, and cut where it would take more than `most` bytes in JSON.
pub fn one_line(text: &str, most: usize) -> String {
    let clean: String = text.chars().map(|c| if is_harmful(c) { ' ' } else { c }).collect();
    let mut line = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut bytes = 0;
    let past = line.char_indices().find(|(_, c)| {
        bytes += c.len_utf8() + usize::from(matches!(c, '"' | '\\'));
        bytes > most
    });
    if let Some((end, _)) = past {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// Control characters, with the escapes of terminals among them, and the marks that turn the direction of writing (Unicode's `Bidi_Control`),
/// behind which a message can pretend to be another.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
