//! Bundles on this machine's disk: fetched whole, then moved into place, so that what has its name is complete.

use std::path::{Path, PathBuf};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use tenancy::digest::Digest;

use super::{AT_ONCE, Bundle, Marker};
use crate::error::InstallError;

/// A folder with a bundle in each of its folders.
pub(crate) struct BundleCache {
    folder: PathBuf,
}

impl BundleCache {
    /// In a folder that is made if it is not there.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where a bundle is, or would be.
    pub(crate) fn path(&self, digest: Digest) -> PathBuf {
        self.folder.join(digest.to_string().trim_start_matches("sha256:"))
    }

    /// Fetches a bundle unless it is here.
    pub(crate) async fn fetch(&self, bundle: &Bundle<'_>, marker: &Marker) -> Result<(), InstallError> {
        let place = self.path(bundle.digest());
        if place.is_dir() {
            return Ok(());
        }
        let folder = self.folder.clone();
        std::fs::create_dir_all(&folder).map_err(InstallError::disk(&folder))?;
        let coming = tempfile::TempDir::new_in(&folder).map_err(InstallError::disk(&folder))?;
        let files = bundle.files("").await?;
        if files.len() != marker.files {
            let text = format!("the bundle {} has {} files instead of {}", marker.digest, files.len(), marker.files);
            return Err(InstallError::DamagedBundle(text));
        }
        let fetched = stream::iter(files.keys()).map(|path| fetch_file(bundle, path, coming.path()));
        fetched.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        match std::fs::rename(coming.path(), &place) {
            Ok(()) => {
                // It has another name now; there is nothing left to remove.
                let _ = coming.keep();
                Ok(())
            }
            // Another process was quicker.
            Err(_) if place.is_dir() => Ok(()),
            Err(error) => Err(InstallError::Disk { path: place, error }),
        }
    }
}

async fn fetch_file(bundle: &Bundle<'_>, path: &str, into: &Path) -> Result<(), InstallError> {
    let file = into.join(path);
    let folder = file.parent().unwrap_or(into);
    tokio::fs::create_dir_all(folder).await.map_err(InstallError::disk(folder))?;
    let body = bundle.read(path).await?;
    tokio::fs::write(&file, body).await.map_err(InstallError::disk(&file))
}
