//! A directory in memory, for tests of everything above the port.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Archive, DirectoryError, PluginDirectory};
use crate::digest::Digest;
use crate::plugins::{PluginName, PluginVersion};

/// The directory. Cloning shares it.
#[derive(Clone, Default)]
pub struct MemoryDirectory(Arc<Mutex<Shelves>>);

#[derive(Default)]
struct Shelves {
    /// By name, each version published, the newest last.
    plugins: BTreeMap<String, Vec<String>>,
    away: bool,
    asked: usize,
}

impl MemoryDirectory {
    /// Publishes a version: it is the newest from now on.
    pub fn publish(&self, plugin: &str, version: &str) {
        self.shelves().plugins.entry(plugin.to_owned()).or_default().push(version.to_owned());
    }

    /// Whether it does not answer.
    pub fn is_away(&self, away: bool) {
        self.shelves().away = away;
    }

    /// How often it was asked anything.
    pub fn asked(&self) -> usize {
        self.shelves().asked
    }

    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn versions(&self, plugin: &PluginName) -> Result<Vec<String>, DirectoryError> {
        let mut shelves = self.shelves();
        shelves.asked += 1;
        if shelves.away {
            return Err(DirectoryError::Unavailable("it is away".to_owned()));
        }
        let found = shelves.plugins.get(plugin.as_str()).cloned();
        found.ok_or_else(|| DirectoryError::NoSuchPlugin { said: "Plugin not found.".to_owned() })
    }
}

#[async_trait]
impl PluginDirectory for MemoryDirectory {
    async fn newest(&self, plugin: &PluginName) -> Result<PluginVersion, DirectoryError> {
        let unusable = || DirectoryError::Unusable("no version".to_owned());
        self.versions(plugin)?.last().and_then(|newest| newest.parse().ok()).ok_or_else(unusable)
    }

    async fn archive(&self, plugin: &PluginName, version: &PluginVersion) -> Result<Archive, DirectoryError> {
        if !self.versions(plugin)?.iter().any(|known| known == version.as_str()) {
            return Err(DirectoryError::NoSuchVersion(version.clone()));
        }
        let address = format!("https://plugins.example/{plugin}.{version}.zip");
        let source = address.parse().map_err(|_| DirectoryError::Unusable(address.clone()))?;
        Ok(Archive { source, sha256: Digest::of(address.as_bytes()) })
    }
}
