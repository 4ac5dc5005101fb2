//! From wanted plugins to a lock: each with an exact version, and the digest of an archive that somebody has seen.

use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};

use super::contract::{PluginReport, PluginResult};
use super::directory::{DirectoryError, PluginDirectory};
use super::lists::{ListAddress, PluginLists};
use super::lock::{Lock, LockedPlugin, LockedTwice, PluginName, PluginVersion};
use crate::store::{Generation, StoreError};
use crate::tenant::{Plugin, Plugins, Problems, parse_plugin_list};

/// Questions to the directory at once.
const AT_ONCE: usize = 4;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// The lock.
    pub lock: Lock,
    /// The list it was made from, where that lies in an object of its own.
    pub list: Option<Generation>,
    /// Optional plugins that could not be resolved, and why.
    pub left_out: Vec<PluginReport>,
}

/// Why there is no lock. What ran before goes on.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// A reference names nothing.
    #[error("there is no plugin list at {0}; put it there, or name another in spec.plugins")]
    NoSuchList(ListAddress),
    /// The list has problems.
    #[error("the plugin list {list} (generation {generation}) has problems: {problems}")]
    BadList {
        /// Where it lies.
        list: ListAddress,
        /// Which of its generations.
        generation: Generation,
        /// All of them.
        problems: Problems,
    },
    /// The list could not be read.
    #[error("the plugin list {list} cannot be read: {error}")]
    Unreadable {
        /// Where it should lie.
        list: ListAddress,
        /// What the store said.
        error: StoreError,
    },
    /// A required plugin cannot be resolved, or the directory does not answer.
    #[error("plugin {plugin}: {error}")]
    Plugin {
        /// Which.
        plugin: String,
        /// What the directory said.
        error: DirectoryError,
    },
    /// What is wanted is not what a definition may say.
    #[error("spec.plugins cannot be used: {0}")]
    Unusable(String),
}

impl ResolveError {
    /// Whether the same may be resolved later.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Plugin { error, .. } => error.retryable(),
            Self::Unreadable { error, .. } => error.retryable(),
            Self::NoSuchList(_) | Self::BadList { .. } | Self::Unusable(_) => false,
        }
    }

    /// For programs, `UpperCamel`.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NoSuchList(_) => "NoSuchList",
            Self::BadList { .. } | Self::Unusable(_) => "InvalidList",
            Self::Unreadable { .. } => "ListUnreadable",
            Self::Plugin { error, .. } => match error {
                DirectoryError::NoSuchPlugin { .. } => "NoSuchPlugin",
                DirectoryError::NoSuchVersion(_) => "NoSuchVersion",
                DirectoryError::Unavailable(_) => "DirectoryUnavailable",
                DirectoryError::TooLarge { .. } | DirectoryError::Unusable(_) => "ArchiveUnusable",
            },
        }
    }

    /// The generation of the list that was looked at.
    pub const fn list(&self) -> Option<Generation> {
        match self {
            Self::BadList { generation, .. } => Some(*generation),
            Self::NoSuchList(_) | Self::Unreadable { .. } | Self::Plugin { .. } | Self::Unusable(_) => None,
        }
    }
}

/// Resolves wanted plugins.
#[derive(Clone)]
pub struct Resolver {
    directory: Arc<dyn PluginDirectory>,
    lists: PluginLists,
}

impl Resolver {
    /// Over a directory, and wherever lists lie.
    pub fn new(directory: Arc<dyn PluginDirectory>, lists: PluginLists) -> Self {
        Self { directory, lists }
    }

    /// The generation of the list that is wanted now, where one is wanted: `Some(None)` where it is not there.
    pub async fn look(&self, wanted: &Plugins) -> Result<Option<Option<Generation>>, StoreError> {
        match address(wanted) {
            Some(list) => self.lists.generation(&list).await.map(Some),
            None => Ok(None),
        }
    }

    /// Makes the lock: `latest` is the newest version there is now. A version that is locked already keeps its archive,
    /// whatever lies there by now.
    pub async fn resolve(&self, wanted: &Plugins, known: &Lock) -> Result<Resolution, ResolveError> {
        let (wanted, list) = self.listed(wanted).await?;
        // Of owned parts: a stream of borrowing futures is not `Send` for every lifetime.
        let ask = |plugin: Plugin| {
            let resolver = self.clone();
            let locked = plugin.name.parse().ok().and_then(|name| known.get(&name).cloned());
            async move { resolver.one(plugin, locked).await }
        };
        let asked: Vec<Resolved> = futures::stream::iter(wanted).map(ask).buffered(AT_ONCE).try_collect().await?;
        let (mut locked, mut left_out) = (Vec::new(), Vec::new());
        for resolved in asked {
            match resolved {
                Resolved::Locked(plugin) => locked.push(plugin),
                Resolved::LeftOut(report) => left_out.push(report),
            }
        }
        let lock = Lock::new(locked).map_err(|error: LockedTwice| ResolveError::Unusable(error.to_string()))?;
        Ok(Resolution { lock, list, left_out })
    }

    async fn listed(&self, wanted: &Plugins) -> Result<(Vec<Plugin>, Option<Generation>), ResolveError> {
        let reference = match wanted {
            Plugins::List(list) => return Ok((list.clone(), None)),
            Plugins::Reference(reference) => &reference.plugins_yaml_gcs_uri,
        };
        let list: ListAddress = reference.parse().map_err(|error| ResolveError::Unusable(format!("{error}")))?;
        let found = self.lists.read(&list).await;
        match found.map_err(|error| ResolveError::Unreadable { list: list.clone(), error })? {
            None => Err(ResolveError::NoSuchList(list)),
            Some(found) => match parse_plugin_list(&found.value) {
                Ok(plugins) => Ok((plugins, Some(found.generation))),
                Err(problems) => Err(ResolveError::BadList { list, generation: found.generation, problems }),
            },
        }
    }

    async fn one(&self, wanted: Plugin, known: Option<LockedPlugin>) -> Result<Resolved, ResolveError> {
        let required = wanted.required.unwrap_or_default();
        let name: PluginName = wanted.name.parse().map_err(|error| ResolveError::Unusable(format!("{error}")))?;
        let resolved = match exact(&wanted)? {
            Some(version) => self.lock(&name, version, known.as_ref()).await,
            None => match self.directory.newest(&name).await {
                Ok(version) => self.lock(&name, version, known.as_ref()).await,
                Err(error) => Err(error),
            },
        };
        match resolved {
            Ok(locked) => Ok(Resolved::Locked(LockedPlugin { required, ..locked })),
            Err(error) if required || error.retryable() => Err(ResolveError::Plugin { plugin: wanted.name, error }),
            Err(error) => Ok(Resolved::LeftOut(left_out(name, &error))),
        }
    }

    async fn lock(
        &self,
        name: &PluginName,
        version: PluginVersion,
        known: Option<&LockedPlugin>,
    ) -> Result<LockedPlugin, DirectoryError> {
        if let Some(known) = known.filter(|known| known.version == version) {
            return Ok(known.clone());
        }
        let archive = self.directory.archive(name, &version).await?;
        let (sha256, source) = (archive.sha256, archive.source);
        Ok(LockedPlugin { name: name.clone(), version, sha256, source, required: false })
    }
}

enum Resolved {
    Locked(LockedPlugin),
    LeftOut(PluginReport),
}

/// The version that is wanted; `None`: the newest.
fn exact(wanted: &Plugin) -> Result<Option<PluginVersion>, ResolveError> {
    match wanted.version.as_deref() {
        None | Some("latest") => Ok(None),
        Some(exact) => exact.parse().map(Some).map_err(|error| ResolveError::Unusable(format!("{error}"))),
    }
}

fn left_out(name: PluginName, error: &DirectoryError) -> PluginReport {
    PluginReport {
        name,
        from: None,
        to: None,
        sha256: None,
        required: false,
        result: PluginResult::NotFound,
        message: error.to_string(),
        ms: 0,
    }
}

/// Where the wanted list lies, if it lies in an object of its own.
pub fn address(wanted: &Plugins) -> Option<ListAddress> {
    match wanted {
        Plugins::List(_) => None,
        Plugins::Reference(reference) => reference.plugins_yaml_gcs_uri.parse().ok(),
    }
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
