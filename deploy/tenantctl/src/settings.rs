//! The environment, read once and nowhere else, and what a command works with.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::args::Global;
use crate::exit::Failure;

/// What the environment says. `TENANTS_URL`, `TENANTS_TOKEN_FILE` and
/// `TENANTS_TOKEN_COMMAND` stand for options and are read with them.
#[derive(Debug)]
pub(crate) struct Environment {
    /// `TENANTS_TOKEN`: never an option, since every user of a machine can read its processes' arguments.
    pub(crate) token: Option<Token>,
    /// `NO_COLOR`, not empty (no-color.org).
    pub(crate) no_color: bool,
}

impl Environment {
    /// Reads it.
    #[expect(clippy::disallowed_methods, reason = "the one place where this program reads its environment")]
    pub(crate) fn read() -> Self {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self { token: set("TENANTS_TOKEN").map(Token), no_color: set("NO_COLOR").is_some() }
    }

    /// The bearer token: the file's or the command's if one is named.
    pub(crate) fn token(self, global: &Global) -> Result<Option<Token>, Failure> {
        match (&global.token_file, &global.token_command) {
            (Some(file), _) => Token::from_file(file).map(Some),
            (None, Some(command)) => Token::from_command(command).map(Some),
            (None, None) => Ok(self.token),
        }
    }
}

/// A bearer token. Says nothing of itself.
pub(crate) struct Token(String);

impl Token {
    /// For the `Authorization` header.
    pub(crate) fn as_str(&self) -> &str {
        self.0.trim()
    }

    fn from_file(file: &Path) -> Result<Self, Failure> {
        std::fs::read_to_string(file).map(Self).map_err(|error| Failure::NotFound {
            what: format!("the token file {} cannot be read: {error}", file.display()),
            next: "name another with --token-file, or set TENANTS_TOKEN".to_owned(),
        })
    }

    /// What a command prints. What it says beside goes where this program's own words go.
    #[expect(clippy::disallowed_methods, reason = "the one place where this program asks another for its token")]
    fn from_command(command: &str) -> Result<Self, Failure> {
        let failed = |why: String| Failure::NotFound {
            what: format!("the token command `{command}` gave no token: {why}"),
            next: "run it by itself to see what is wrong, or name another with --token-command".to_owned(),
        };
        let ended = Command::new("sh").args(["-c", command]).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
        let ended = ended.map_err(|error| failed(error.to_string()))?;
        let token = String::from_utf8(ended.stdout).unwrap_or_default();
        match (ended.status.success(), token.trim().is_empty()) {
            (true, false) => Ok(Self(token)),
            (true, true) => Err(failed("it printed nothing".to_owned())),
            (false, _) => Err(failed(ended.status.to_string())),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
