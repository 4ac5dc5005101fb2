//! Events that were not acknowledged yet, one file each, so that a restart goes on where the last process stopped.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::CloudEvent;
use crate::store::{BucketDir, BucketName, Change, Error, Generations, read_json};

/// Who wants to hear of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subscription {
    /// Of which bucket.
    pub bucket: BucketName,
    /// Where events are posted.
    pub url: String,
}

/// An event on its way to one subscriber.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Its file's stem.
    pub id: String,
    /// For whom.
    pub subscription: Subscription,
    /// When it happened; a day later it is given up.
    pub since: Timestamp,
    /// What is sent.
    pub event: CloudEvent,
}

/// The entries on disk, and the way to whoever delivers them.
#[derive(Debug)]
pub(crate) struct Outbox {
    dir: BucketDir,
    folder: PathBuf,
    base_url: String,
    ids: Generations,
    subscriptions: RwLock<BTreeSet<Subscription>>,
    /// What an earlier process left, until somebody subscribes to it.
    waiting: Mutex<Vec<Entry>>,
    ready: UnboundedSender<Entry>,
}

/// Entries that are on disk, but about a change that is not yet.
#[must_use = "release or discard it"]
#[derive(Debug)]
pub(crate) struct Announced<'a> {
    outbox: &'a Outbox,
    entries: Vec<Entry>,
}

impl Outbox {
    /// Opens the outbox in `folder`; `dir` lends its `tmp`. What is to be delivered comes out of the receiver.
    pub(crate) fn open(
        dir: BucketDir,
        folder: PathBuf,
        base_url: String,
    ) -> Result<(Self, UnboundedReceiver<Entry>), Error> {
        let ids = Generations::open(dir.clone(), folder.with_extension("id.json"))?;
        let mut waiting = Vec::new();
        for path in crate::store::entries(&folder)? {
            waiting.extend(read_json::<Entry>(&path)?);
        }
        let (ready, entries) = unbounded_channel();
        let outbox =
            Self { dir, folder, base_url, ids, subscriptions: RwLock::default(), waiting: Mutex::new(waiting), ready };
        Ok((outbox, entries))
    }

    /// From now on the subscriber hears of the bucket; what it did not acknowledge in an earlier process comes first.
    pub(crate) fn subscribe(&self, subscription: Subscription) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in waiting.extract_if(.., |entry| entry.subscription == subscription) {
            self.hand_out(entry);
        }
        let mut known = self.subscriptions.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(subscription);
    }

    /// Writes down what is about to happen.
    pub(crate) fn prepare(&self, bucket: &BucketName, changes: &[Change]) -> Result<Announced<'_>, Error> {
        let known = self.subscriptions.read().unwrap_or_else(PoisonError::into_inner);
        let mut announced = Announced { outbox: self, entries: Vec::new() };
        for change in changes {
            let now = Timestamp::now();
            let event_id = self.ids.next(now)?.to_string();
            let event = CloudEvent::new(bucket, change, &event_id, &self.base_url);
            for subscription in known.iter().filter(|s| s.bucket == *bucket) {
                let entry = Entry {
                    id: self.ids.next(now)?.to_string(),
                    subscription: subscription.clone(),
                    since: now,
                    event: event.clone(),
                };
                self.dir.replace_json(&self.file(&entry), &entry)?;
                announced.entries.push(entry);
            }
        }
        Ok(announced)
    }

    /// Forgets an entry: acknowledged, or given up.
    pub(crate) fn remove(&self, entry: &Entry) {
        if let Err(error) = crate::store::remove(&self.file(entry)) {
            tracing::warn!(%error, "an event that is done with may be sent again after a restart");
        }
    }

    fn hand_out(&self, entry: Entry) {
        // Nobody listens any more only while the server stops; the entry is on disk for the next one.
        let _ = self.ready.send(entry);
    }

    fn file(&self, entry: &Entry) -> PathBuf {
        self.folder.join(format!("{}.json", entry.id))
    }
}

impl Announced<'_> {
    /// The change happened: deliver.
    pub(crate) fn release(self) {
        for entry in self.entries {
            self.outbox.hand_out(entry);
        }
    }

    /// The change did not happen.
    pub(crate) fn discard(self) {
        for entry in &self.entries {
            self.outbox.remove(entry);
        }
    }
}
