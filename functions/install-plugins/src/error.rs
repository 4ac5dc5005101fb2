//! What ends a phase before it has an outcome.

use std::path::PathBuf;

use tenancy::plugins::InstallStatus;
use tenancy::store::StoreError;

use crate::sources::SourceError;
use crate::wordpress::SiteError;

/// Why a phase has no outcome. Whatever was begun is found and mended by the next run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InstallError {
    /// Nobody said what to do.
    #[error("no request: name it as an argument or in AIPRESS_INSTALL_REQUEST")]
    NoRequest,
    /// Settings or request make no sense.
    #[error("{0}")]
    BadInput(String),
    /// The bundle is not there, or not to its end.
    #[error("the bundle {0} is not staged: run `stage` first")]
    NotStaged(String),
    /// A bundle's marker and its request disagree, or an object is not what was written.
    #[error("{0}; remove the bundle and stage it again")]
    DamagedBundle(String),
    /// A file cannot be fetched.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A bucket does not do what is asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The site cannot be worked on.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// This machine's disk does not do what is asked.
    #[error("{}: {error}", .path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
}

impl InstallError {
    /// An error of this machine's disk, with the path it is about.
    pub(crate) fn disk(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |error| Self::Disk { path, error }
    }

    /// How a run that met it ends.
    pub(crate) fn status(&self) -> InstallStatus {
        let retryable = match self {
            Self::NoRequest | Self::BadInput(_) | Self::NotStaged(_) | Self::DamagedBundle(_) => false,
            Self::Source(error) => error.retryable(),
            Self::Store(error) => error.retryable(),
            Self::Site(error) => error.retryable(),
            Self::Disk { .. } => true,
        };
        if retryable { InstallStatus::TryAgain } else { InstallStatus::BadInput }
    }
}
