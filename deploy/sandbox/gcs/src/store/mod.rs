//! Buckets and objects on disk, without a word about protocols.
//!
//! Everything here blocks and is called off the async threads. The index of every bucket is in memory; a change is
//! decided by pure functions (`versions`, `precondition`, `listing`) and carried out by `bucket`.

mod bucket;
mod disk;
mod error;
mod generations;
mod listing;
mod name;
mod object;
mod precondition;
mod recovery;
#[cfg(test)]
mod tests;
mod uploads;
mod versions;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;

pub(crate) use bucket::{Bucket, BucketRecord, Content, Target, Write};
pub(crate) use disk::{BucketDir, entries, read_json, remove};
pub use error::Error;
pub(crate) use generations::Generations;
pub(crate) use listing::{ListQuery, Page, PageToken};
pub use name::{BucketName, Generation, ObjectName};
pub(crate) use object::{Attributes, Claims, Digests, Object};
pub(crate) use precondition::Preconditions;
pub(crate) use uploads::{Progress, Received, Total, UploadId};
pub(crate) use versions::{Change, ChangeKind, Versions};

use crate::events::Outbox;

/// All buckets of one folder.
#[derive(Debug)]
pub(crate) struct Store {
    root: PathBuf,
    generations: Arc<Generations>,
    outbox: Arc<Outbox>,
    buckets: RwLock<BTreeMap<BucketName, Arc<Bucket>>>,
}

impl Store {
    /// Loads what is in `root`; `own` is the folder for what belongs to no bucket.
    pub(crate) fn open(root: &Path, own: BucketDir, outbox: Arc<Outbox>) -> Result<Self, Error> {
        let counter = root.join(crate::OWN_FOLDER).join("generation.json");
        let generations = Arc::new(Generations::open(own, counter)?);
        let mut buckets = BTreeMap::new();
        for path in disk::entries(root)?.into_iter().filter(|path| path.is_dir()) {
            let dir = BucketDir::new(path);
            if let Some(bucket) = Bucket::load(dir, Arc::clone(&generations), Arc::clone(&outbox))? {
                buckets.insert(bucket.record().name, Arc::new(bucket));
            }
        }
        Ok(Self { root: root.to_owned(), generations, outbox, buckets: RwLock::new(buckets) })
    }

    /// A bucket by name.
    pub(crate) fn bucket(&self, name: &BucketName) -> Result<Arc<Bucket>, Error> {
        let buckets = self.buckets.read().unwrap_or_else(PoisonError::into_inner);
        buckets.get(name).cloned().ok_or_else(|| Error::NoSuchBucket(name.clone()))
    }

    /// All buckets, by name.
    pub(crate) fn buckets(&self) -> Vec<BucketRecord> {
        let buckets = self.buckets.read().unwrap_or_else(PoisonError::into_inner);
        buckets.values().map(|bucket| bucket.record()).collect()
    }

    /// Creates a bucket.
    pub(crate) fn create_bucket(&self, name: BucketName, versioning: bool) -> Result<BucketRecord, Error> {
        let mut buckets = self.buckets.write().unwrap_or_else(PoisonError::into_inner);
        if buckets.contains_key(&name) {
            return Err(Error::BucketExists(name));
        }
        let now = Timestamp::now();
        let record = BucketRecord { name: name.clone(), versioning, created: now, updated: now, metageneration: 1 };
        let dir = BucketDir::new(self.root.join(name.as_str()));
        let (generations, outbox) = (Arc::clone(&self.generations), Arc::clone(&self.outbox));
        let bucket = Bucket::create(dir, record.clone(), generations, outbox)?;
        buckets.insert(name, Arc::new(bucket));
        Ok(record)
    }

    /// Deletes a bucket that holds no version of any object.
    pub(crate) fn delete_bucket(&self, name: &BucketName) -> Result<(), Error> {
        let mut buckets = self.buckets.write().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.get(name).ok_or_else(|| Error::NoSuchBucket(name.clone()))?;
        if !bucket.is_empty() {
            return Err(Error::BucketNotEmpty(name.clone()));
        }
        let path = self.root.join(name.as_str());
        fs::remove_dir_all(&path).map_err(disk::at(&path))?;
        buckets.remove(name);
        Ok(())
    }
}
