//! The port to whatever installs plugins: it runs one phase of one request to its end, and answers with its report.
//!
//! A report is written by a process that may have run plugins' code. What is checked here is only that it answers the very
//! request; how far it is believed is [`effective`](super::effective)'s to say.

mod exchange;
#[cfg(feature = "gcs")]
mod jobs;
#[cfg(any(test, feature = "contract"))]
pub(super) mod memory;
#[cfg(feature = "server")]
mod process;

use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::contract::{InstallPhase, InstallRequest, Report};
use crate::store::StoreError;

pub use exchange::Exchange;
#[cfg(feature = "gcs")]
pub use jobs::{CloudRunJobs, InvalidJobName, JobName, JobsSettings};
#[cfg(feature = "server")]
pub use process::{AttachedSite, InstallerProcess, ProcessSettings};

/// One phase of one request.
#[derive(Debug, Clone)]
pub struct InstallRun {
    /// What is asked for.
    pub request: InstallRequest,
    /// Which part of it.
    pub phase: InstallPhase,
    /// What knows the tenant's own site: the module's output `installer_job`. Absent where the module makes none.
    pub site: Option<String>,
    /// At most this long.
    pub deadline: Duration,
    /// Ends the wait; what runs is stopped where that can be done.
    pub cancel: CancellationToken,
}

/// Why a phase has no report.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// There is no site whose database could be touched.
    #[error("no site is attached that plugins could be activated on: {0}")]
    NoSite(String),
    /// This installation installs no plugins.
    #[error("nobody installs plugins here: {0}")]
    NoInstaller(&'static str),
    /// Cancelled, because this process stops or lost its lease. The same request is asked again.
    #[error("the {} phase was interrupted; it is asked again", .0.as_str())]
    Interrupted(InstallPhase),
    /// It did not end in time.
    #[error("the {} phase did not end within {} s", .phase.as_str(), .after.as_secs())]
    TimedOut {
        /// Which phase.
        phase: InstallPhase,
        /// How long it had.
        after: Duration,
    },
    /// It ended, and left no report of this request.
    #[error("the {} phase ended without a report: {said}", .phase.as_str())]
    NoReport {
        /// Which phase.
        phase: InstallPhase,
        /// What is known of its end.
        said: String,
    },
    /// It could not be started or followed now.
    #[error("the installer does not answer: {0}")]
    Unavailable(String),
    /// The buckets did not do what was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing a retry can mend.
    #[error("the installer cannot be run: {0}")]
    Misconfigured(String),
}

impl InstallError {
    /// Whether the same phase may end otherwise later, unchanged.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Interrupted(_) | Self::TimedOut { .. } | Self::NoReport { .. } | Self::Unavailable(_) => true,
            Self::Store(error) => error.retryable(),
            Self::NoSite(_) | Self::NoInstaller(_) | Self::Misconfigured(_) => false,
        }
    }

    /// For programs, `UpperCamel`.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NoSite(_) => "NoSite",
            Self::NoInstaller(_) => "NoInstaller",
            Self::Interrupted(_) => "Interrupted",
            Self::TimedOut { .. } => "InstallerTimedOut",
            Self::NoReport { .. } => "NoReport",
            Self::Unavailable(_) | Self::Store(_) => "InstallerUnavailable",
            Self::Misconfigured(_) => "InstallerMisconfigured",
        }
    }
}

/// How `install-plugins` is told what to do.
#[cfg(any(feature = "gcs", feature = "server"))]
fn arguments(phase: InstallPhase, request: &super::Source) -> [String; 2] {
    [phase.as_str().to_owned(), request.to_string()]
}

/// Runs phases.
#[async_trait]
pub trait PluginInstaller: Send + Sync + 'static {
    /// Runs one phase to its end. May be asked again for the same request, whatever came of it before.
    async fn run(&self, run: &InstallRun) -> Result<Report, InstallError>;
}

/// An installation without an installer: says so, and what to set.
pub struct NoInstaller(pub &'static str);

#[async_trait]
impl PluginInstaller for NoInstaller {
    async fn run(&self, _: &InstallRun) -> Result<Report, InstallError> {
        Err(InstallError::NoInstaller(self.0))
    }
}
