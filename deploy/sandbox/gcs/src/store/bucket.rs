//! One bucket: its index in memory, and the order in which files change so that a killed process loses nothing.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::disk::{self, BucketDir};
use super::versions::Outcome;
use super::{
    Attributes, BucketName, Claims, Digests, Error, Generation, Generations, ListQuery, Object, ObjectName, Page,
    Preconditions, Versions, listing, recovery,
};
use crate::events::Outbox;

/// A bucket's own settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BucketRecord {
    /// Its name.
    pub name: BucketName,
    /// Whether overwritten and deleted versions are kept.
    pub versioning: bool,
    /// When it was created.
    pub created: Timestamp,
    /// When its settings changed last.
    pub updated: Timestamp,
    /// Counts changes of its settings, from 1.
    pub metageneration: i64,
}

/// A write, its content apart.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Write {
    /// Under which name.
    pub name: ObjectName,
    /// What the writer says about it.
    pub attributes: Attributes,
    /// What the writer says its checksums are.
    pub claims: Claims,
    /// What must hold.
    pub preconditions: Preconditions,
}

/// The content of a write.
#[derive(Debug)]
pub(crate) enum Content {
    /// In memory.
    Bytes(bytes::Bytes),
    /// In a file of the store, which is moved.
    File(PathBuf),
}

/// Which object a request is about, and under what conditions.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// Its name.
    pub name: ObjectName,
    /// Which version; `None`: the live one.
    pub generation: Option<Generation>,
    /// What must hold.
    pub preconditions: Preconditions,
}

/// A bucket that is being served.
#[derive(Debug)]
pub(crate) struct Bucket {
    dir: BucketDir,
    generations: Arc<Generations>,
    outbox: Arc<Outbox>,
    state: Mutex<State>,
    /// Held while a part of a resumable upload is taken in.
    pub(super) uploading: Mutex<()>,
}

#[derive(Debug)]
struct State {
    record: BucketRecord,
    index: BTreeMap<ObjectName, Versions>,
}

impl Bucket {
    /// Creates the bucket's files.
    pub(crate) fn create(
        dir: BucketDir,
        record: BucketRecord,
        generations: Arc<Generations>,
        outbox: Arc<Outbox>,
    ) -> Result<Self, Error> {
        dir.prepare()?;
        dir.replace_json(&dir.record(), &record)?;
        let state = Mutex::new(State { record, index: BTreeMap::new() });
        Ok(Self { dir, generations, outbox, state, uploading: Mutex::new(()) })
    }

    /// Reads what an earlier process left, and clears what it did not finish.
    pub(crate) fn load(
        dir: BucketDir,
        generations: Arc<Generations>,
        outbox: Arc<Outbox>,
    ) -> Result<Option<Self>, Error> {
        let Some(record) = disk::read_json(&dir.record())? else {
            return Ok(None);
        };
        dir.prepare()?;
        let index = recovery::load_index(&dir)?;
        recovery::clear_leftovers(&dir, &index)?;
        let state = Mutex::new(State { record, index });
        Ok(Some(Self { dir, generations, outbox, state, uploading: Mutex::new(()) }))
    }

    /// Its settings now.
    pub(crate) fn record(&self) -> BucketRecord {
        self.state().record.clone()
    }

    /// A number no other thing in the store has.
    pub(super) fn unique(&self) -> Result<Generation, Error> {
        self.generations.next(Timestamp::now())
    }

    /// Its folder.
    pub(crate) const fn dir(&self) -> &BucketDir {
        &self.dir
    }

    /// Whether no version of any object is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.state().index.is_empty()
    }

    /// Turns versioning on or off; what is archived stays.
    pub(crate) fn set_versioning(&self, versioning: bool) -> Result<BucketRecord, Error> {
        let mut state = self.state();
        let record = BucketRecord {
            versioning,
            updated: Timestamp::now(),
            metageneration: state.record.metageneration + 1,
            ..state.record.clone()
        };
        self.dir.replace_json(&self.dir.record(), &record)?;
        state.record = record.clone();
        Ok(record)
    }

    /// One page of objects.
    pub(crate) fn list(&self, query: &ListQuery) -> Page {
        listing::page(&self.state().index, query)
    }

    /// A version's description.
    pub(crate) fn get(&self, target: &Target) -> Result<Arc<Object>, Error> {
        let state = self.state();
        let object = find(&state, target)?;
        target.preconditions.allow_read(&object)?;
        Ok(object)
    }

    /// A version's description and content. The file stays readable whatever happens to the object.
    pub(crate) fn read(&self, target: &Target) -> Result<(Arc<Object>, File), Error> {
        let state = self.state();
        let object = find(&state, target)?;
        target.preconditions.allow_read(&object)?;
        let path = self.dir.content(&object.name, object.generation);
        let file = File::open(&path).map_err(disk::at(&path))?;
        Ok((object, file))
    }

    /// Refuses at once what `write` would refuse now.
    pub(crate) fn may_write(&self, write: &Write) -> Result<(), Error> {
        let state = self.state();
        let live = state.index.get(&write.name).and_then(|versions| versions.live.as_deref());
        write.preconditions.allow_change(live)
    }

    /// Writes a new live version; of several with the same precondition on the generation one wins.
    pub(crate) fn write(&self, write: Write, content: Content) -> Result<Arc<Object>, Error> {
        let (staged, digests) = self.stage(content)?;
        let written = self.write_staged(write, &staged, digests);
        if written.is_err() {
            disk::remove(&staged)?;
        }
        written
    }

    fn write_staged(&self, write: Write, staged: &PathBuf, digests: Digests) -> Result<Arc<Object>, Error> {
        write.claims.verify(&digests)?;
        let mut state = self.state();
        let current = versions(&state, &write.name);
        write.preconditions.allow_change(current.live.as_deref())?;
        let now = Timestamp::now();
        let generation = self.generations.next(now)?;
        let path = self.dir.content(&write.name, generation);
        fs::rename(staged, &path).map_err(disk::at(&path))?;
        let object = Object {
            name: write.name,
            generation,
            metageneration: 1,
            digests,
            created: now,
            updated: now,
            archived: None,
            attributes: write.attributes,
        };
        let outcome = current.write(object, state.record.versioning, now);
        let live = outcome.next.live.clone();
        self.commit(&mut state, &current, outcome)?;
        live.ok_or_else(|| Error::Invalid("a write left no live version".into()))
    }

    /// Deletes or archives a version.
    pub(crate) fn delete(&self, target: &Target) -> Result<(), Error> {
        let mut state = self.state();
        let object = find(&state, target)?;
        target.preconditions.allow_change(Some(&object))?;
        let current = versions(&state, &target.name);
        let outcome = current
            .delete(target.generation, state.record.versioning, Timestamp::now())
            .ok_or_else(|| missing(&state, target))?;
        self.commit(&mut state, &current, outcome)
    }

    /// Replaces a version's attributes by what `change` makes of them.
    pub(crate) fn update(
        &self,
        target: &Target,
        change: impl FnOnce(Attributes) -> Result<Attributes, Error>,
    ) -> Result<Arc<Object>, Error> {
        let mut state = self.state();
        let object = find(&state, target)?;
        target.preconditions.allow_change(Some(&object))?;
        let current = versions(&state, &target.name);
        let attributes = change(object.attributes.clone())?;
        let (outcome, updated) =
            current.update(target.generation, attributes, Timestamp::now()).ok_or_else(|| missing(&state, target))?;
        self.commit(&mut state, &current, outcome)?;
        Ok(updated)
    }

    /// Brings content into a file of its own, outside the lock.
    fn stage(&self, content: Content) -> Result<(PathBuf, Digests), Error> {
        match content {
            Content::Bytes(bytes) => {
                let path = self.dir.temporary();
                fs::write(&path, &bytes).map_err(disk::at(&path))?;
                Ok((path, Digests::of(&bytes)))
            }
            Content::File(path) => {
                let bytes = fs::read(&path).map_err(disk::at(&path))?;
                Ok((path, Digests::of(&bytes)))
            }
        }
    }

    /// Events are on disk before the change is, and are sent after it: a crash in between can tell of a change that
    /// did not happen, never hide one that did.
    fn commit(&self, state: &mut State, current: &Versions, outcome: Outcome) -> Result<(), Error> {
        let Outcome { next, changes } = outcome;
        let announced = self.outbox.prepare(&state.record.name, &changes)?;
        let sidecar = self.dir.sidecar(&next.name);
        let committed = if next.is_empty() { disk::remove(&sidecar) } else { self.dir.replace_json(&sidecar, &next) };
        if let Err(e) = committed {
            announced.discard();
            return Err(e);
        }
        self.follow(current, &next);
        if next.is_empty() {
            state.index.remove(&next.name);
        } else {
            state.index.insert(next.name.clone(), next);
        }
        announced.release();
        Ok(())
    }

    /// Brings the content files in line; what fails here is mended by the next start.
    fn follow(&self, current: &Versions, next: &Versions) {
        let live = |versions: &Versions| versions.live.as_ref().map(|object| object.generation);
        let mut results = Vec::new();
        if live(current) != live(next) {
            results.push(self.dir.relink(&next.name, live(next)));
        }
        for object in current.all().filter(|o| next.find(Some(o.generation)).is_none()) {
            results.push(disk::remove(&self.dir.content(&object.name, object.generation)));
        }
        for error in results.into_iter().filter_map(Result::err) {
            tracing::warn!(%error, object = %next.name, "content files are out of step until the next start");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn versions(state: &State, name: &ObjectName) -> Versions {
    state.index.get(name).cloned().unwrap_or_else(|| Versions::none(name.clone()))
}

fn find(state: &State, target: &Target) -> Result<Arc<Object>, Error> {
    state
        .index
        .get(&target.name)
        .and_then(|versions| versions.find(target.generation))
        .cloned()
        .ok_or_else(|| missing(state, target))
}

fn missing(state: &State, target: &Target) -> Error {
    Error::NoSuchObject {
        bucket: state.record.name.clone(),
        object: target.name.clone(),
        generation: target.generation,
    }
}
