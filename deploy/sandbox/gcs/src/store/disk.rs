//! Where a bucket's files are, and how they are replaced whole or not at all.
//!
//! ```text
//! ROOT/BUCKET/bucket.json            the bucket itself
//! ROOT/BUCKET/live/NAME              content of the live version, for people: read it, do not write it
//! ROOT/BUCKET/content/NAME@GEN       content of every version; `live/NAME` is a link to one of them
//! ROOT/BUCKET/meta/NAME.json         all versions of a name; replacing it is what commits a change
//! ROOT/BUCKET/uploads/ID.{json,part} resumable uploads
//! ROOT/BUCKET/tmp/                   files being written; emptied at start
//! ```
//!
//! Every file is written beside its place and renamed, so that a killed process leaves the old or the new one. Nothing
//! is synced to the disk: a power cut may cost the last seconds.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Error, Generation, ObjectName};

const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// File systems take 255 bytes; what follows the stem needs up to 24.
const LONGEST_STEM: usize = 200;

/// A bucket's folder.
#[derive(Debug, Clone)]
pub(crate) struct BucketDir {
    root: PathBuf,
}

impl BucketDir {
    /// Names the folder, creates nothing.
    pub(crate) const fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Creates what is missing and empties `tmp`.
    pub(crate) fn prepare(&self) -> Result<(), Error> {
        let temporary = self.root.join("tmp");
        if temporary.exists() {
            fs::remove_dir_all(&temporary).map_err(at(&temporary))?;
        }
        for folder in ["live", "content", "meta", "uploads", "tmp"] {
            let path = self.root.join(folder);
            fs::create_dir_all(&path).map_err(at(&path))?;
        }
        Ok(())
    }

    /// The bucket's own description.
    pub(crate) fn record(&self) -> PathBuf {
        self.root.join("bucket.json")
    }

    /// The folder of all sidecar files.
    pub(crate) fn sidecars(&self) -> PathBuf {
        self.root.join("meta")
    }

    /// The folder of all content.
    pub(crate) fn contents(&self) -> PathBuf {
        self.root.join("content")
    }

    /// The folder of live content.
    pub(crate) fn lives(&self) -> PathBuf {
        self.root.join("live")
    }

    /// The folder of resumable uploads.
    pub(crate) fn uploads(&self) -> PathBuf {
        self.root.join("uploads")
    }

    /// All versions of one name.
    pub(crate) fn sidecar(&self, name: &ObjectName) -> PathBuf {
        self.sidecars().join(format!("{}.json", stem(name)))
    }

    /// Content of one version.
    pub(crate) fn content(&self, name: &ObjectName, generation: Generation) -> PathBuf {
        self.contents().join(format!("{}@{generation}", stem(name)))
    }

    /// Content of the live version.
    pub(crate) fn live(&self, name: &ObjectName) -> PathBuf {
        self.lives().join(stem(name))
    }

    /// A path in `tmp` that nobody else uses.
    pub(crate) fn temporary(&self) -> PathBuf {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        self.root.join("tmp").join(NEXT.fetch_add(1, Ordering::Relaxed).to_string())
    }

    /// Puts a file in its place, whole or not at all.
    pub(crate) fn replace(&self, path: &Path, content: &[u8]) -> Result<(), Error> {
        let temporary = self.temporary();
        fs::write(&temporary, content).map_err(at(&temporary))?;
        fs::rename(&temporary, path).map_err(at(path))
    }

    /// As [`BucketDir::replace`], for a value as JSON.
    pub(crate) fn replace_json(&self, path: &Path, value: &impl Serialize) -> Result<(), Error> {
        let text =
            serde_json::to_vec_pretty(value).map_err(|source| Error::Damaged { path: path.to_owned(), source })?;
        self.replace(path, &text)
    }

    /// Makes `live/NAME` the content of `generation`, or removes it.
    pub(crate) fn relink(&self, name: &ObjectName, generation: Option<Generation>) -> Result<(), Error> {
        let live = self.live(name);
        let Some(generation) = generation else {
            return remove(&live);
        };
        let temporary = self.temporary();
        fs::hard_link(self.content(name, generation), &temporary).map_err(at(&temporary))?;
        fs::rename(&temporary, &live).map_err(at(&live))?;
        // Renaming one link of a file over another link of it does nothing and leaves both.
        remove(&temporary)
    }
}

/// The name as a file name: everything but letters, digits and `-_.` percent-encoded. What is too long
/// is cut, and told apart by its MD5.
fn stem(name: &ObjectName) -> String {
    let mut escaped = utf8_percent_encode(name.as_str(), ESCAPED).to_string();
    if escaped.len() > LONGEST_STEM {
        escaped.truncate(LONGEST_STEM - 33);
        escaped = format!("{escaped}~{:x}", md5::compute(name.as_str()));
    } else if escaped.starts_with('.') {
        // Object names may look like '.hidden'; a listing by a person should show them.
        escaped.replace_range(0..1, "%2E");
    }
    escaped
}

/// Wraps an I/O error with the path it is about.
pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Error + use<'_> {
    |source| Error::Io { path: path.to_owned(), source }
}

/// Deletes a file; one that is not there is fine.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(at(path)(e)),
        _ => Ok(()),
    }
}

/// Reads a JSON file; `None` if it is not there.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    match fs::read(path) {
        Ok(bytes) => {
            serde_json::from_slice(&bytes).map(Some).map_err(|source| Error::Damaged { path: path.to_owned(), source })
        }
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(at(path)(e)),
    }
}

/// The files of a folder.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    fs::read_dir(folder).map_err(at(folder))?.map(|entry| entry.map(|e| e.path()).map_err(at(folder))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_gets_its_own_file_name_of_a_length_file_systems_take() {
        let long = format!("tenants/{}", "ü".repeat(500));
        let names = ["a/b", "a%2Fb", "a~b", "a@1", ".hidden", "%2Ehidden", "käse", &long, &long[..1000]];
        let stems: std::collections::BTreeSet<String> = names.iter().map(|name| stem(&name.parse().unwrap())).collect();
        assert_eq!(stems.len(), names.len());
        assert!(stems.iter().all(|s| s.len() <= LONGEST_STEM && !s.contains('/')), "{stems:?}");
        assert_eq!(stem(&"tenants/acme.yaml".parse().unwrap()), "tenants%2Facme.yaml");
    }
}
