//! Text from a definition, made fit to be shown in a message.

/// Most characters of a value that a message repeats.
const MOST_SHOWN: usize = 60;

/// In quotes, control characters escaped, cut after 60 characters.
pub(in crate::tenant) fn quoted(text: &str) -> String {
    let mut shown = String::from("\"");
    for character in text.chars().take(MOST_SHOWN) {
        match character {
            '"' | '\\' => shown.extend(['\\', character]),
            // Direction overrides and their like make a terminal show something else than what is written.
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
                shown.extend(character.escape_unicode());
            }
            _ if character.is_control() => shown.extend(character.escape_default()),
            _ => shown.push(character),
        }
    }
    if text.chars().nth(MOST_SHOWN).is_some() {
        shown.push('…');
    }
    shown.push('"');
    shown
}
