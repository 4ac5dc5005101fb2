//! A bucket whose answers are late, lost or old: for tests of what stands above it.
//!
//! What goes wrong is decided by one [`Mischief`], which all buckets of a process share: by a script, by a seed, or by the
//! process's death at one of its writes. The same seed over the same calls does the same again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::{
    Generation, NewObject, ObjectMeta, ObjectName, ObjectReader, ObjectStore, Page, PageToken, Precondition,
    StoreError, Versioned,
};

/// What one call meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// It is not carried out, and says 'later'.
    Refused,
    /// It is carried out, and the answer is lost: says 'later' all the same.
    AnswerLost,
    /// A listing is answered as it was answered before, if it was.
    Stale,
    /// It is carried out, and this process dies before it hears of it: neither this nor any later call ever answers.
    DiesAfter,
    /// This process dies before it is carried out.
    DiesBefore,
}

/// Which calls a scripted fault is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// Reads of content or metadata.
    Read,
    /// Listings.
    List,
    /// Writes.
    Write,
    /// Deletions.
    Delete,
    /// Writes and deletions.
    Change,
}

/// How often each fault happens by chance, in a thousand calls it can happen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Odds {
    /// [`Fault::Refused`], of any call.
    pub refused: u32,
    /// [`Fault::AnswerLost`], of writes and deletions.
    pub answer_lost: u32,
    /// [`Fault::Stale`], of listings.
    pub stale: u32,
}

/// Decides what goes wrong in one process. Cloning shares it.
#[derive(Clone, Default)]
pub struct Mischief(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    script: VecDeque<Scripted>,
    chance: Option<(StdRng, Odds)>,
    dies: Option<(usize, Fault)>,
    dead: bool,
    changes: usize,
    met: usize,
    listed: HashMap<(String, String, Option<String>, usize), Page<ObjectMeta>>,
}

struct Scripted {
    call: Call,
    part: String,
    fault: Fault,
}

impl Mischief {
    /// Faults by chance, the same for the same seed and the same calls.
    pub fn seeded(seed: u64, odds: Odds) -> Self {
        let mischief = Self::default();
        mischief.state().chance = Some((StdRng::seed_from_u64(seed), odds));
        mischief
    }

    /// The next such call on an object (or prefix) whose name holds `part` meets this, before anything by chance.
    pub fn next(&self, call: Call, part: &str, fault: Fault) {
        self.state().script.push_back(Scripted { call, part: part.to_owned(), fault });
    }

    /// The process dies at its `number`th write or deletion from now on (0 is the next one).
    pub fn dies_at(&self, number: usize, fault: Fault) {
        let mut state = self.state();
        state.dies = Some((state.changes + number, fault));
    }

    /// Nothing goes wrong by chance any more; a dead process stays dead.
    pub fn calm(&self) {
        let mut state = self.state();
        state.chance = None;
        state.script.clear();
        state.dies = None;
    }

    /// Writes and deletions asked for so far.
    pub fn changes(&self) -> usize {
        self.state().changes
    }

    /// Faults met so far.
    pub fn met(&self) -> usize {
        self.state().met
    }

    /// Whether the process has died.
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What this call meets. Never answers in a process that is dead.
    async fn meet(&self, call: Call, name: &str) -> Option<Fault> {
        let fault = self.state().choose(call, name);
        if self.is_dead() && fault != Some(Fault::DiesAfter) {
            std::future::pending::<()>().await;
        }
        fault
    }
}

impl State {
    fn choose(&mut self, call: Call, name: &str) -> Option<Fault> {
        let number = self.changes;
        let changes = matches!(call, Call::Write | Call::Delete);
        self.changes += usize::from(changes);
        if self.dead {
            return None;
        }
        let fault = match self.dies {
            Some((at, fault)) if changes && at == number => Some(fault),
            _ => self.scripted(call, name).or_else(|| self.by_chance(call)),
        };
        self.met += usize::from(fault.is_some());
        self.dead = matches!(fault, Some(Fault::DiesAfter | Fault::DiesBefore));
        fault
    }

    fn scripted(&mut self, call: Call, name: &str) -> Option<Fault> {
        let fits = |scripted: &Scripted| scripted.call.covers(call) && name.contains(&scripted.part);
        let at = self.script.iter().position(fits)?;
        self.script.remove(at).map(|scripted| scripted.fault)
    }

    fn by_chance(&mut self, call: Call) -> Option<Fault> {
        let (random, odds) = self.chance.as_mut()?;
        let other = match call {
            Call::Write | Call::Delete | Call::Change => (odds.answer_lost, Fault::AnswerLost),
            Call::List => (odds.stale, Fault::Stale),
            Call::Read => (0, Fault::Refused),
        };
        let drawn = random.random_range(0..1000_u32);
        if drawn < odds.refused {
            Some(Fault::Refused)
        } else {
            (drawn < odds.refused.saturating_add(other.0)).then_some(other.1)
        }
    }
}

impl Call {
    fn covers(self, call: Self) -> bool {
        self == call || (self == Self::Change && matches!(call, Self::Write | Self::Delete))
    }
}

/// A bucket that its process's [`Mischief`] stands in front of.
pub struct FaultyStore {
    bucket: String,
    inner: Arc<dyn ObjectStore>,
    mischief: Mischief,
}

impl FaultyStore {
    /// In front of `inner`; `bucket` tells its listings from those of the process's other buckets.
    pub fn new(bucket: &str, inner: Arc<dyn ObjectStore>, mischief: Mischief) -> Self {
        Self { bucket: bucket.to_owned(), inner, mischief }
    }

    async fn reading(&self, name: &str) -> Result<(), StoreError> {
        match self.mischief.meet(Call::Read, name).await {
            None => Ok(()),
            Some(_) => Err(later("refused")),
        }
    }

    async fn changing<T>(
        &self,
        call: Call,
        name: &ObjectName,
        change: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        match self.mischief.meet(call, name.as_str()).await {
            None => change.await,
            Some(Fault::AnswerLost) => {
                // What is refused for good would be so however often it is asked.
                let _ = change.await;
                Err(later("the answer was lost"))
            }
            Some(Fault::DiesAfter) => {
                let _ = change.await;
                std::future::pending().await
            }
            Some(Fault::Refused | Fault::Stale | Fault::DiesBefore) => Err(later("refused")),
        }
    }
}

fn later(reason: &str) -> StoreError {
    StoreError::Unavailable { reason: reason.to_owned() }
}

#[async_trait]
impl ObjectReader for FaultyStore {
    async fn read(&self, name: &ObjectName) -> Result<Option<Versioned<Bytes>>, StoreError> {
        self.reading(name.as_str()).await?;
        self.inner.read(name).await
    }

    async fn read_generation(&self, name: &ObjectName, generation: Generation) -> Result<Option<Bytes>, StoreError> {
        self.reading(name.as_str()).await?;
        self.inner.read_generation(name, generation).await
    }

    async fn stat(&self, name: &ObjectName) -> Result<Option<ObjectMeta>, StoreError> {
        self.reading(name.as_str()).await?;
        self.inner.stat(name).await
    }

    async fn list(&self, prefix: &str, page: Option<&PageToken>, limit: usize) -> Result<Page<ObjectMeta>, StoreError> {
        let key = (self.bucket.clone(), prefix.to_owned(), page.map(|page| page.0.clone()), limit);
        match self.mischief.meet(Call::List, prefix).await {
            Some(Fault::Stale) => {
                if let Some(before) = self.mischief.state().listed.get(&key) {
                    return Ok(before.clone());
                }
            }
            Some(_) => return Err(later("refused")),
            None => {}
        }
        let listed = self.inner.list(prefix, page, limit).await?;
        self.mischief.state().listed.insert(key, listed.clone());
        Ok(listed)
    }

    async fn generations(&self, name: &ObjectName) -> Result<Vec<ObjectMeta>, StoreError> {
        self.reading(name.as_str()).await?;
        self.inner.generations(name).await
    }
}

#[async_trait]
impl ObjectStore for FaultyStore {
    async fn write(&self, name: &ObjectName, object: NewObject, when: Precondition) -> Result<Generation, StoreError> {
        self.changing(Call::Write, name, self.inner.write(name, object, when)).await
    }

    async fn delete(&self, name: &ObjectName, when: Generation) -> Result<(), StoreError> {
        self.changing(Call::Delete, name, self.inner.delete(name, when)).await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::SystemClock;
    use crate::store::contract::Subject;
    use crate::store::memory::MemoryStore;

    /// Without mischief it is the bucket behind it.
    mod calm {
        async fn empty() -> super::Subject {
            let store = super::faulty(&super::Mischief::default());
            super::Subject { store: std::sync::Arc::new(store), versioned: true, keep: Box::new(()) }
        }

        crate::store_contract!(empty);
    }

    fn faulty(mischief: &Mischief) -> FaultyStore {
        let inner = Arc::new(MemoryStore::new("faulty", Arc::new(SystemClock)));
        FaultyStore::new("faulty", inner, mischief.clone())
    }

    fn name(text: &str) -> ObjectName {
        ObjectName::new(text).unwrap()
    }

    async fn write(store: &FaultyStore, text: &str) -> Result<Generation, StoreError> {
        store.write(&name(text), NewObject::default(), Precondition::Absent).await
    }

    #[tokio::test]
    async fn a_lost_answer_is_not_a_lost_write() {
        let mischief = Mischief::default();
        let store = faulty(&mischief);
        mischief.next(Call::Write, "b", Fault::AnswerLost);
        write(&store, "a").await.unwrap();
        assert!(write(&store, "b").await.unwrap_err().retryable());
        assert!(store.stat(&name("b")).await.unwrap().is_some());
        mischief.next(Call::Change, "c", Fault::Refused);
        assert!(write(&store, "c").await.unwrap_err().retryable());
        assert_eq!(store.stat(&name("c")).await.unwrap(), None);
        assert_eq!((mischief.changes(), mischief.met()), (3, 2));
    }

    #[tokio::test]
    async fn a_stale_listing_shows_what_was_shown_before() {
        let mischief = Mischief::default();
        let store = faulty(&mischief);
        let listed = async || store.list("", None, 10).await.unwrap().items.len();
        write(&store, "a").await.unwrap();
        assert_eq!(listed().await, 1);
        write(&store, "b").await.unwrap();
        mischief.next(Call::List, "", Fault::Stale);
        assert_eq!((listed().await, listed().await), (1, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_process_hears_of_nothing() {
        for (fault, there) in [(Fault::DiesBefore, false), (Fault::DiesAfter, true)] {
            let mischief = Mischief::default();
            let store = faulty(&mischief);
            mischief.dies_at(1, fault);
            write(&store, "a").await.unwrap();
            let patience = Duration::from_secs(1);
            assert!(tokio::time::timeout(patience, write(&store, "b")).await.is_err());
            assert!(tokio::time::timeout(patience, store.stat(&name("a"))).await.is_err());
            assert!(mischief.is_dead());
            assert_eq!(store.inner.stat(&name("b")).await.unwrap().is_some(), there);
        }
    }

    #[tokio::test]
    async fn a_seed_does_the_same_again() {
        let odds = Odds { refused: 200, answer_lost: 200, stale: 200 };
        let mut courses = Vec::new();
        for seed in [7, 7, 8] {
            let store = faulty(&Mischief::seeded(seed, odds));
            let mut course = Vec::new();
            for number in 0..40 {
                course.push(write(&store, &number.to_string()).await.is_ok());
                course.push(store.list("", None, 100).await.is_ok());
            }
            courses.push(course);
        }
        assert_eq!(courses[0], courses[1]);
        assert_ne!(courses[0], courses[2]);
        assert!(courses[0].contains(&true) && courses[0].contains(&false));
    }
}
