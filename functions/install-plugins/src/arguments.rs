//! The command line.

use clap::{Parser, ValueEnum};
use tenancy::plugins::InstallPhase;

/// Install a site's plugins: one phase of a request.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Arguments {
    /// What to do.
    pub(crate) phase: Phase,
    /// Where the request is: `gs://BUCKET/OBJECT`, `https://…`, `file:///…`. Default: `AIPRESS_INSTALL_REQUEST`.
    pub(crate) request: Option<String>,
}

/// A phase, as an argument.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Phase {
    /// Fetch, check and upload; no database.
    Stage,
    /// Make the database fit the bundle, and take back what breaks.
    Activate,
    /// Look at the site; change nothing.
    Verify,
}

impl From<Phase> for InstallPhase {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Stage => Self::Stage,
            Phase::Activate => Self::Activate,
            Phase::Verify => Self::Verify,
        }
    }
}
