//! A site as seen from outside it: through PHP processes that live as long as one question, and over HTTP.

mod php;
mod probe;
mod server;
mod site;

use std::time::Duration;

pub(crate) use self::probe::{Look, Pages};
pub(crate) use self::site::{Broken, Site, SiteSettings};

/// Why a site cannot be worked on, whatever its plugins are.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SiteError {
    /// PHP cannot be run.
    #[error("{program} cannot be run: {error}")]
    NoPhp {
        /// What was to be run.
        program: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// WordPress did not come as far as a question, although no plugin was loaded.
    #[error("WordPress does not answer: {0}")]
    NoAnswer(String),
    /// Another run works on the site.
    #[error("another run works on the site, still after {} s", .0.as_secs())]
    Busy(Duration),
    /// No server can be started on this machine.
    #[error("PHP's server does not start: {0}")]
    NoServer(String),
    /// No HTTP client can be made.
    #[error("no HTTP client: {0}")]
    NoClient(#[from] reqwest::Error),
}

impl SiteError {
    /// Whether the same run may succeed later.
    pub(crate) const fn retryable(&self) -> bool {
        match self {
            Self::NoAnswer(_) | Self::Busy(_) | Self::NoServer(_) => true,
            Self::NoPhp { .. } | Self::NoClient(_) => false,
        }
    }
}
