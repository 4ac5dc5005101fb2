//! The port to a plugin directory: which versions there are, and where their archives lie.

#[cfg(any(test, feature = "contract"))]
pub(super) mod memory;
#[cfg(feature = "gcs")]
mod wordpress_org;

use async_trait::async_trait;

use super::{PluginName, PluginVersion, Source};
use crate::digest::Digest;

#[cfg(feature = "gcs")]
pub use wordpress_org::{DirectorySettings, WordPressOrg};

/// Most bytes of one plugin's archive.
pub const MOST_ARCHIVE_BYTES: u64 = 128 << 20;

/// An archive as it was when somebody looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// Where it lies.
    pub source: Source,
    /// What lay there.
    pub sha256: Digest,
}

/// Why a directory did not answer the question.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// It knows no such plugin.
    #[error("the plugin directory has no plugin of this name: {said}")]
    NoSuchPlugin {
        /// What the directory said.
        said: String,
    },
    /// It has no archive of that version.
    #[error("the plugin directory has no version {0}")]
    NoSuchVersion(PluginVersion),
    /// The archive is too big to be a plugin.
    #[error("the archive is larger than {most} bytes")]
    TooLarge {
        /// The limit.
        most: u64,
    },
    /// It does not answer, or not in time: the same question may be answered later.
    #[error("the plugin directory did not answer: {0}")]
    Unavailable(String),
    /// Its answer cannot be used.
    #[error("the plugin directory's answer cannot be used: {0}")]
    Unusable(String),
}

impl DirectoryError {
    /// Whether the same question may be answered later.
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::NoSuchPlugin { .. } | Self::NoSuchVersion(_) | Self::TooLarge { .. } | Self::Unusable(_) => false,
        }
    }
}

/// Knows plugins.
#[async_trait]
pub trait PluginDirectory: Send + Sync + 'static {
    /// The newest version of a plugin.
    async fn newest(&self, plugin: &PluginName) -> Result<PluginVersion, DirectoryError>;

    /// The archive of one version, fetched once to learn its digest.
    async fn archive(&self, plugin: &PluginName, version: &PluginVersion) -> Result<Archive, DirectoryError>;
}
