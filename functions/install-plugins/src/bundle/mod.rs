//! Bundles in the artifacts bucket: `tenants/ID/plugins/HEX/SLUG/…`, and a marker, written last, that says the rest is there.
//! An object of a bundle is written once and never again.

mod cache;
mod old;

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use tenancy::digest::Digest;
use tenancy::plugins::{Lock, PluginName, PluginVersion};
use tenancy::render::bundle_path;
use tenancy::store::document::{read_json, write_json};
use tenancy::store::listing::every;
use tenancy::store::{NewObject, ObjectName, ObjectReader, ObjectStore, Precondition, StoreError};
use tenancy::tenant::TenantId;

pub(crate) use self::cache::BundleCache;
use crate::error::InstallError;

/// The marker's name within a bundle. WordPress ignores names that begin with a dot, and the runtime serves none.
pub(crate) const MARKER: &str = ".aipress-bundle.json";

/// Files on their way at once.
pub(crate) const AT_ONCE: usize = 32;

/// What a bundle says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Marker {
    /// The bundle's name.
    pub(crate) digest: Digest,
    /// What is in it.
    pub(crate) plugins: Vec<MarkedPlugin>,
    /// How many files, this one not counted.
    pub(crate) files: usize,
}

/// One plugin of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MarkedPlugin {
    pub(crate) name: PluginName,
    pub(crate) version: PluginVersion,
    pub(crate) sha256: Digest,
    pub(crate) main: PluginFile,
}

/// A plugin as WordPress names it: `SLUG/FILE.php`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct PluginFile(pub(crate) String);

impl PluginFile {
    /// The folder it lies in: the plugin's slug, if it is one of ours.
    pub(crate) fn folder(&self) -> &str {
        self.0.split_once('/').map_or(self.0.as_str(), |(folder, _)| folder)
    }
}

impl Marker {
    /// The main file of a plugin.
    pub(crate) fn main(&self, name: &PluginName) -> Option<&PluginFile> {
        self.plugins.iter().find(|plugin| plugin.name == *name).map(|plugin| &plugin.main)
    }
}

/// A tenant's bundles.
pub(crate) struct Bundles {
    store: Arc<dyn ObjectStore>,
    tenant: TenantId,
}

/// One bundle, there or not.
pub(crate) struct Bundle<'a> {
    store: &'a Arc<dyn ObjectStore>,
    digest: Digest,
    path: String,
}

impl Bundles {
    /// In the artifacts bucket.
    pub(crate) fn new(store: Arc<dyn ObjectStore>, tenant: TenantId) -> Self {
        Self { store, tenant }
    }

    /// The bundle of this name.
    pub(crate) fn bundle(&self, digest: Digest) -> Bundle<'_> {
        Bundle { store: &self.store, digest, path: bundle_path(&self.tenant, &digest) }
    }

    /// What the bundle of a lock says of itself: `None` for a lock without plugins, an error where it is not staged.
    pub(crate) async fn staged(&self, lock: &Lock) -> Result<Option<Marker>, InstallError> {
        let Some(digest) = lock.bundle() else { return Ok(None) };
        let marker = self.bundle(digest).marker().await?;
        marker.map(Some).ok_or_else(|| InstallError::NotStaged(digest.to_string()))
    }
}

impl Bundle<'_> {
    /// Its name.
    pub(crate) const fn digest(&self) -> Digest {
        self.digest
    }

    /// Its marker; `None`: it is not staged to its end.
    pub(crate) async fn marker(&self) -> Result<Option<Marker>, InstallError> {
        let found = read_json::<Marker>(self.store.as_ref(), &self.object(MARKER)?).await?;
        let Some(marker) = found.map(|found| found.value) else { return Ok(None) };
        if marker.digest == self.digest {
            Ok(Some(marker))
        } else {
            Err(InstallError::DamagedBundle(format!("{}/{MARKER} names {}", self.path, marker.digest)))
        }
    }

    /// Says that everything is there.
    pub(crate) async fn complete(&self, marker: &Marker) -> Result<(), InstallError> {
        let name = self.object(MARKER)?;
        match write_json(self.store.as_ref(), &name, marker, BTreeMap::new(), Precondition::Absent).await {
            // Another run of the same request was as far: it staged the same files.
            Ok(_) | Err(StoreError::PreconditionFailed { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Files below a folder of it, by path, with their sizes; all of them for an empty folder.
    pub(crate) async fn files(&self, folder: &str) -> Result<BTreeMap<String, u64>, InstallError> {
        let (start, mut files) = (format!("{}/", self.path), BTreeMap::new());
        let mut listed = pin!(every(Arc::clone(self.store) as Arc<dyn ObjectReader>, &format!("{start}{folder}")));
        while let Some(object) = listed.try_next().await? {
            if let Some(path) = object.name.as_str().strip_prefix(&start).filter(|path| *path != MARKER) {
                files.insert(path.to_owned(), object.size);
            }
        }
        Ok(files)
    }

    /// One file.
    pub(crate) async fn read(&self, path: &str) -> Result<Bytes, InstallError> {
        let found = self.store.read(&self.object(path)?).await?;
        let lost = || InstallError::DamagedBundle(format!("{}/{path} is gone", self.path));
        Ok(found.ok_or_else(lost)?.value)
    }

    /// Writes a file that was not there when the bundle was listed. One that is there now was written by another run of the
    /// same request.
    pub(crate) async fn write(&self, path: &str, body: Bytes) -> Result<(), InstallError> {
        let object = NewObject { body, ..NewObject::default() };
        match self.store.write(&self.object(path)?, object, Precondition::Absent).await {
            Ok(_) | Err(StoreError::PreconditionFailed { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn object(&self, path: &str) -> Result<ObjectName, InstallError> {
        let name = format!("{}/{path}", self.path);
        ObjectName::new(&name).map_err(|error| InstallError::BadInput(format!("{name}: {error}")))
    }
}
