//! The environment, read once and nowhere else, and what a command works with.

use std::fmt;
use std::path::Path;

use crate::args::Global;
use crate::exit::Failure;

/// What the environment says. `TENANTS_URL` and `TENANTS_TOKEN_FILE` stand for options and are read with them.
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

    /// The bearer token: the file's if one is named.
    pub(crate) fn token(self, global: &Global) -> Result<Option<Token>, Failure> {
        global.token_file.as_deref().map_or(Ok(self.token), |file| Token::from_file(file).map(Some))
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
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
