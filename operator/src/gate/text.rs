//! Text that others wrote, on its way into a status: one line, harmless, and short.

/// Most bytes of what is told of one member.
pub const MEMBER: usize = 112;

/// Most bytes of the reason of an action.
pub const REASON: usize = 300;

/// Most bytes of a sentence. With four copies of it (the message and three conditions), ten members and two reasons a status stays
/// below 8 KiB.
pub const SENTENCE: usize = 720;

/// `text` on one line, without control characters, and cut where it would take more than `most` bytes in JSON.
pub fn one_line(text: &str, most: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
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
