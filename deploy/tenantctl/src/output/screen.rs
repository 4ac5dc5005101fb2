//! A terminal's other screen, drawn over itself: what was there before is there again afterwards.

use std::fmt::Write as _;
use std::io;

use console::{Key, Term};

use super::print;

// ECMA-48 and xterm's private modes: the alternate screen, the cursor, its home, and erasing behind it.
const OPEN: &str = "\u{1b}[?1049h\u{1b}[?25l";
const CLOSE: &str = "\u{1b}[?25h\u{1b}[?1049l";
const HOME: &str = "\u{1b}[H";
const REST_OF_LINE: &str = "\u{1b}[K";
const REST_OF_SCREEN: &str = "\u{1b}[J";

/// The other screen, until it is dropped.
#[derive(Debug)]
pub(crate) struct Screen {
    terminal: Term,
}

impl Screen {
    /// Changes to it.
    pub(crate) fn open() -> io::Result<Self> {
        print(OPEN)?;
        Ok(Self { terminal: Term::stdout() })
    }

    /// Draws a text over what was drawn before, as much of it as there is room for. One write, and nothing is erased before
    /// it is drawn over: nothing flickers.
    pub(crate) fn draw(&self, text: &str) -> io::Result<()> {
        let (rows, columns) = self.terminal.size();
        print(&frame(text, usize::from(rows), usize::from(columns)))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone needs no closing.
        let _ = print(CLOSE);
    }
}

/// Waits for a key; whether it is one that leaves. A terminal that cannot be read is left too.
pub(crate) fn wants_to_leave() -> bool {
    match Term::stdout().read_key_raw() {
        Ok(key) => matches!(key, Key::Char('q' | 'Q') | Key::CtrlC | Key::Escape),
        Err(_) => true,
    }
}

fn frame(text: &str, rows: usize, columns: usize) -> String {
    let mut frame = HOME.to_owned();
    let lines: Vec<String> = text.lines().take(rows).map(|line| cut(line, columns)).collect();
    let _ = write!(frame, "{}{REST_OF_LINE}{REST_OF_SCREEN}", lines.join(&format!("{REST_OF_LINE}\r\n")));
    frame
}

/// As many characters as fit; sequences that colour take no room, and are all kept.
fn cut(line: &str, columns: usize) -> String {
    let (mut shown, mut colouring, mut kept) = (0, false, String::new());
    for character in line.chars() {
        if character == '\u{1b}' {
            colouring = true;
        }
        let fits = colouring || shown < columns;
        if fits {
            kept.push(character);
        }
        if colouring {
            colouring = character != 'm';
        } else {
            shown += 1;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_no_larger_than_the_screen() {
        let text = "abcdef\n\u{1b}[32mghijkl\u{1b}[0m\nmno\n";
        assert_eq!(frame(text, 2, 4), "\u{1b}[Habcd\u{1b}[K\r\n\u{1b}[32mghij\u{1b}[0m\u{1b}[K\u{1b}[J");
        assert_eq!(frame("ab\n", 24, 80), "\u{1b}[Hab\u{1b}[K\u{1b}[J");
    }
}
