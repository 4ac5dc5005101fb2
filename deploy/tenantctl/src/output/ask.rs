//! Asking a person.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use super::Output;

impl Output {
    /// Asks for a word to be typed before something that cannot be undone. `None` if nobody is there to be asked.
    pub(crate) fn confirm(&self, question: &str, word: &str) -> io::Result<Option<bool>> {
        if !(io::stdin().is_terminal() && self.watched) {
            return Ok(None);
        }
        write!(io::stderr().lock(), "{question}\nType '{word}' to go on: ")?;
        let mut typed = String::new();
        io::stdin().lock().read_line(&mut typed)?;
        Ok(Some(typed.trim() == word))
    }
}
