//! One plugin made ready: fetched, checked, unpacked; or known to be in the bundle that the site runs now.

use std::path::PathBuf;

use bytes::Bytes;
use tempfile::TempDir;
use tenancy::digest::Digest;
use tenancy::plugins::{Lock, LockedPlugin, PluginResult};

use super::archive::{self, Limits};
use super::header;
use crate::bundle::{Marker, PluginFile};
use crate::error::InstallError;
use crate::sources::{SourceError, Sources};

/// A plugin that is ready to be uploaded.
pub(crate) struct Prepared {
    pub(crate) main: PluginFile,
    pub(crate) files: Files,
}

/// Where its files are.
pub(crate) enum Files {
    /// In a folder of this machine, by path.
    Unpacked(TempDir, Vec<PathBuf>),
    /// In another bundle of the same tenant.
    Bundled(Digest),
}

/// Why a plugin is not ready, and never will be from this archive.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) result: PluginResult,
    pub(crate) message: String,
}

impl Failure {
    fn new(result: PluginResult, message: impl Into<String>) -> Self {
        Self { result, message: message.into() }
    }
}

/// What preparing needs.
pub(crate) struct Preparing<'a> {
    pub(crate) sources: &'a Sources,
    /// The lock the site runs now.
    pub(crate) before: &'a Lock,
    /// What its bundle says, where it is there.
    pub(crate) marker: Option<&'a Marker>,
}

impl Preparing<'_> {
    /// The outer error ends the whole phase; the inner one is this plugin's own.
    pub(crate) async fn prepare(&self, plugin: &LockedPlugin) -> Result<Result<Prepared, Failure>, InstallError> {
        if let Some(prepared) = self.bundled(plugin) {
            return Ok(Ok(prepared));
        }
        let archive = match self.sources.read(&plugin.source, Limits::PLUGIN.archive).await {
            Ok(archive) => archive,
            Err(error) if error.retryable() => return Err(error.into()),
            Err(error) => return Ok(Err(refused(&error))),
        };
        let plugin = plugin.clone();
        let unpacking = tokio::task::spawn_blocking(move || unpack(&plugin, &archive));
        unpacking.await.unwrap_or_else(|error| Err(InstallError::BadInput(format!("unpacking broke off: {error}"))))
    }

    /// The same version of the same archive, in the bundle that runs now.
    fn bundled(&self, plugin: &LockedPlugin) -> Option<Prepared> {
        let (before, marker) = (self.before.get(&plugin.name)?, self.marker?);
        let same = before.version == plugin.version && before.sha256 == plugin.sha256;
        let main = marker.main(&plugin.name).filter(|_| same)?.clone();
        Some(Prepared { main, files: Files::Bundled(marker.digest) })
    }
}

fn refused(error: &SourceError) -> Failure {
    let result = match error {
        SourceError::TooBig { .. } => PluginResult::UnsafeArchive,
        SourceError::NotFound(_) | SourceError::Refused { .. } | SourceError::Unavailable { .. } => {
            PluginResult::NotFound
        }
    };
    Failure::new(result, error.to_string())
}

fn unpack(plugin: &LockedPlugin, archive: &Bytes) -> Result<Result<Prepared, Failure>, InstallError> {
    let found = Digest::of(archive);
    if found != plugin.sha256 {
        let message = format!("the archive is {found}, locked is {}", plugin.sha256);
        return Ok(Err(Failure::new(PluginResult::ChecksumMismatch, message)));
    }
    let folder = TempDir::new().map_err(InstallError::disk(std::env::temp_dir()))?;
    let paths = match archive::unpack(archive, folder.path(), &Limits::PLUGIN) {
        Ok(paths) => paths,
        Err(archive::Refused::Unsafe(why)) => return Ok(Err(Failure::new(PluginResult::UnsafeArchive, why))),
        Err(archive::Refused::Disk(path, error)) => return Err(InstallError::Disk { path, error }),
    };
    let main = header::main_file(folder.path(), &paths, &plugin.name).map_err(InstallError::disk(folder.path()))?;
    Ok(match main {
        None => Err(Failure::new(
            PluginResult::UnsafeArchive,
            "no file of its folder has a 'Plugin Name:' header: this is no plugin",
        )),
        Some((_, version)) if version.as_deref() != Some(plugin.version.as_str()) => {
            let says = version.map_or("names no version".to_owned(), |version| format!("says {version}"));
            Err(Failure::new(PluginResult::VersionMismatch, format!("its header {says}, locked is {}", plugin.version)))
        }
        Some((file, _)) => {
            let main = PluginFile(format!("{}/{file}", plugin.name));
            Ok(Prepared { main, files: Files::Unpacked(folder, paths) })
        }
    })
}
