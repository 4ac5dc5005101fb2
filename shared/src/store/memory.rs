//! A bucket in this process's memory: for tests, and for measuring what the code above it costs.
//!
//! Live objects and archived generations are kept apart, so a listing never steps over what was deleted.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;

use super::{
    Generation, LIST_LIMIT, NewObject, ObjectMeta, ObjectName, ObjectReader, ObjectStore, Page, PageToken,
    Precondition, StoreError, Versioned,
};
use crate::clock::Clock;

/// One counter for every store of the process: a generation of one bucket never fits an object of another.
static LAST_GENERATION: AtomicU64 = AtomicU64::new(0);

/// What stands before the name in a page token, so that another store's token is told from ours.
const TOKEN_MARK: &str = "memory:";

/// A versioned bucket in memory. Any number of tasks may share it; every write is atomic.
pub struct MemoryStore {
    bucket: String,
    clock: Arc<dyn Clock>,
    keep_archived: usize,
    objects: RwLock<Objects>,
}

#[derive(Default)]
struct Objects {
    live: BTreeMap<ObjectName, Stored>,
    /// Oldest first.
    archived: BTreeMap<ObjectName, VecDeque<Stored>>,
}

struct Stored {
    meta: ObjectMeta,
    body: Bytes,
}

impl MemoryStore {
    /// An empty bucket that keeps every generation ever written.
    pub fn new(bucket: &str, clock: Arc<dyn Clock>) -> Self {
        Self { bucket: bucket.to_owned(), clock, keep_archived: usize::MAX, objects: RwLock::default() }
    }

    /// Keeps at most this many archived generations of a name, the newest ones. Zero: an unversioned bucket.
    #[must_use]
    pub fn keep_archived(mut self, generations: usize) -> Self {
        self.keep_archived = generations;
        self
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    // No code that can panic runs under the lock, so what a poisoned one guards is whole.
    fn shared(&self) -> RwLockReadGuard<'_, Objects> {
        self.objects.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn exclusive(&self) -> RwLockWriteGuard<'_, Objects> {
        self.objects.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Objects {
    fn holds(&self, name: &ObjectName, when: Precondition) -> bool {
        let live = self.live.get(name).map(|stored| stored.meta.generation);
        match when {
            Precondition::Absent => live.is_none(),
            Precondition::Matches(generation) => live == Some(generation),
        }
    }

    fn archive(&mut self, stored: Stored, keep: usize) {
        if keep == 0 {
            return;
        }
        let archived = self.archived.entry(stored.meta.name.clone()).or_default();
        archived.push_back(stored);
        while archived.len() > keep {
            archived.pop_front();
        }
    }

    /// Newest first.
    fn generations(&self, name: &ObjectName) -> impl Iterator<Item = &Stored> {
        let archived = self.archived.get(name).into_iter().flatten().rev();
        self.live.get(name).into_iter().chain(archived)
    }
}

#[async_trait]
impl ObjectReader for MemoryStore {
    async fn read(&self, name: &ObjectName) -> Result<Option<Versioned<Bytes>>, StoreError> {
        let objects = self.shared();
        let read = |stored: &Stored| Versioned { value: stored.body.clone(), generation: stored.meta.generation };
        Ok(objects.live.get(name).map(read))
    }

    async fn read_generation(&self, name: &ObjectName, generation: Generation) -> Result<Option<Bytes>, StoreError> {
        let objects = self.shared();
        let found = objects.generations(name).find(|stored| stored.meta.generation == generation);
        Ok(found.map(|stored| stored.body.clone()))
    }

    async fn stat(&self, name: &ObjectName) -> Result<Option<ObjectMeta>, StoreError> {
        Ok(self.shared().live.get(name).map(|stored| stored.meta.clone()))
    }

    async fn list(&self, prefix: &str, page: Option<&PageToken>, limit: usize) -> Result<Page<ObjectMeta>, StoreError> {
        let after = page.map(|token| last_listed(token, prefix)).transpose()?;
        let start = after.as_deref().map_or(Bound::Included(prefix), Bound::Excluded);
        let objects = self.shared();
        let mut rest = objects
            .live
            .range::<str, _>((start, Bound::Unbounded))
            .take_while(|(name, _)| name.as_str().starts_with(prefix))
            .map(|(_, stored)| &stored.meta);
        let items: Vec<_> = rest.by_ref().take(limit.clamp(1, LIST_LIMIT)).cloned().collect();
        let next = rest.next().and(items.last()).map(|last| token_after(&last.name));
        Ok(Page { items, next })
    }

    async fn generations(&self, name: &ObjectName) -> Result<Vec<ObjectMeta>, StoreError> {
        Ok(self.shared().generations(name).map(|stored| stored.meta.clone()).collect())
    }
}

#[async_trait]
impl ObjectStore for MemoryStore {
    async fn write(&self, name: &ObjectName, object: NewObject, when: Precondition) -> Result<Generation, StoreError> {
        let updated = self.clock.now();
        let NewObject { body, content_type, metadata } = object;
        let mut objects = self.exclusive();
        if !objects.holds(name, when) {
            return Err(StoreError::PreconditionFailed { name: name.clone() });
        }
        let generation = Generation(LAST_GENERATION.fetch_add(1, Ordering::Relaxed) + 1);
        let size = body.len() as u64;
        let meta = ObjectMeta { name: name.clone(), generation, size, updated, content_type, metadata };
        if let Some(previous) = objects.live.insert(name.clone(), Stored { meta, body }) {
            objects.archive(previous, self.keep_archived);
        }
        Ok(generation)
    }

    async fn delete(&self, name: &ObjectName, when: Generation) -> Result<(), StoreError> {
        let mut objects = self.exclusive();
        if !objects.holds(name, Precondition::Matches(when)) {
            return Err(StoreError::PreconditionFailed { name: name.clone() });
        }
        if let Some(deleted) = objects.live.remove(name) {
            objects.archive(deleted, self.keep_archived);
        }
        Ok(())
    }
}

fn token_after(name: &ObjectName) -> PageToken {
    PageToken(URL_SAFE_NO_PAD.encode(format!("{TOKEN_MARK}{name}")))
}

/// The name a token goes on after: one of this prefix, or the token belongs to another listing.
fn last_listed(token: &PageToken, prefix: &str) -> Result<String, StoreError> {
    let bytes = URL_SAFE_NO_PAD.decode(&token.0).map_err(|_| StoreError::InvalidPageToken)?;
    let text = String::from_utf8(bytes).map_err(|_| StoreError::InvalidPageToken)?;
    let name = text.strip_prefix(TOKEN_MARK).filter(|name| name.starts_with(prefix));
    name.map(str::to_owned).ok_or(StoreError::InvalidPageToken)
}
