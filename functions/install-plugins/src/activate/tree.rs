//! The plugins' folder of the WordPress that a run works with: each plugin's files from one of two bundles.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tenancy::digest::Digest;
use tenancy::plugins::{Lock, PluginName};

use crate::bundle::BundleCache;
use crate::error::InstallError;

/// The folder `wp-content/plugins`, which is this run's own.
pub(crate) struct Tree {
    plugins: PathBuf,
    bundles: BundleCache,
}

impl Tree {
    /// Of the WordPress in `site`, over bundles that were fetched.
    pub(crate) fn new(site: &Path, bundles: BundleCache) -> Self {
        Self { plugins: site.join("wp-content/plugins"), bundles }
    }

    /// Exactly the plugins of one lock.
    pub(crate) fn compose(&self, lock: &Lock) -> Result<(), InstallError> {
        // A link here would be somebody else's folder.
        let cleared = if self.plugins.is_symlink() {
            fs::remove_file(&self.plugins)
        } else {
            fs::remove_dir_all(&self.plugins).or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            })
        };
        cleared.and_then(|()| fs::create_dir_all(&self.plugins)).map_err(InstallError::disk(&self.plugins))?;
        lock.plugins().iter().try_for_each(|plugin| self.place(&plugin.name, lock.bundle()))
    }

    /// One plugin, from this bundle instead of any other; without a bundle it goes.
    pub(crate) fn place(&self, name: &PluginName, bundle: Option<Digest>) -> Result<(), InstallError> {
        let place = self.plugins.join(name.as_str());
        self.remove(name.as_str())?;
        match bundle.map(|bundle| self.bundles.path(bundle).join(name.as_str())) {
            // Copies: a plugin that writes into its folder must not change the bundle.
            Some(from) if from.is_dir() => copy(&from, &place).map_err(InstallError::disk(place)),
            _ => Ok(()),
        }
    }

    /// Takes a plugin's folder away.
    pub(crate) fn remove(&self, folder: &str) -> Result<(), InstallError> {
        let place = self.plugins.join(folder);
        match fs::remove_dir_all(&place) {
            Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Err(InstallError::Disk { path: place, error })
            }
            _ => Ok(()),
        }
    }

    /// Whether a plugin's main file is here.
    pub(crate) fn holds(&self, file: &str) -> bool {
        self.plugins.join(file).is_file()
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
