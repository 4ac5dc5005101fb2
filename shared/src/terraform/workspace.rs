//! One tenant's workspace in the state bucket, laid out as Terraform's gcs backend with the prefix `terraform/tenants`
//! lays it out: `{id}.tfstate` is the state, `{id}.tflock` the lock, whose generation is the lock's id.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::state::empty_state;
use crate::operation::OperationId;
use crate::provision::{Epoch, LockHolder, ProvisionError, WorkspaceHead};
use crate::store::{Generation, NewObject, ObjectMeta, ObjectName, ObjectStore, Precondition, StoreError, Versioned};
use crate::tenant::TenantId;

const JSON: &str = "application/json";
/// Metadata of a state or lock object: the epoch of the lease under which it was written.
const EPOCH: &str = "epoch";
/// Metadata of a lock object: the operation that took it.
const OPERATION: &str = "operation";
/// Metadata of a state object that only holds a place: the workspace was fenced before it was made.
const PLACEHOLDER: &str = "placeholder";
/// Each failed try means that somebody else saved; nobody saves that often for long.
const FENCE_TRIES: usize = 8;
/// A state that changes between its two reads more often than this is not read at all.
const READ_TRIES: usize = 5;

/// A state object as read.
#[derive(Debug, Clone)]
pub(super) struct StoredState {
    pub(super) body: Bytes,
    pub(super) generation: Generation,
    pub(super) epoch: Option<Epoch>,
    pub(super) placeholder: bool,
}

/// Why a state was not saved.
#[derive(Debug)]
pub(super) enum SaveError {
    /// Somebody else saved since this run read.
    Fenced,
    /// The store failed.
    Store(StoreError),
}

/// How taking a lock ended.
#[derive(Debug)]
pub(super) enum LockAnswer {
    /// It is ours.
    Ours(Generation),
    /// Somebody else has it; the body is what their lock says, with the generation as its id.
    Held { holder: LockHolder, body: Bytes },
}

/// The objects of one workspace.
#[derive(Clone)]
pub(super) struct Workspace {
    store: Arc<dyn ObjectStore>,
    state: ObjectName,
    lock: ObjectName,
}

impl Workspace {
    pub(super) fn of(store: &Arc<dyn ObjectStore>, tenant: &TenantId) -> Result<Self, ProvisionError> {
        let name = |extension: &str| {
            ObjectName::new(format!("terraform/tenants/{tenant}.{extension}"))
                .map_err(|error| ProvisionError::Misconfigured(error.to_string()))
        };
        Ok(Self { store: Arc::clone(store), state: name("tfstate")?, lock: name("tflock")? })
    }

    /// Where the lock is, for people who find it.
    pub(super) fn lock_name(&self) -> &ObjectName {
        &self.lock
    }

    /// What is known of the state without reading it. A placeholder is no workspace.
    pub(super) async fn head(&self) -> Result<Option<WorkspaceHead>, StoreError> {
        let meta = self.store.stat(&self.state).await?;
        Ok(meta
            .filter(|meta| !is_placeholder(meta))
            .map(|meta| WorkspaceHead { state: meta.generation, epoch: epoch_of(&meta) }))
    }

    /// The state and what its metadata says, of one generation.
    pub(super) async fn read(&self) -> Result<Option<StoredState>, StoreError> {
        for _ in 0..READ_TRIES {
            let Some(meta) = self.store.stat(&self.state).await? else { return Ok(None) };
            let found = self.store.read(&self.state).await?;
            if let Some(Versioned { value: body, generation }) = found
                && generation == meta.generation
            {
                let (epoch, placeholder) = (epoch_of(&meta), is_placeholder(&meta));
                return Ok(Some(StoredState { body, generation, epoch, placeholder }));
            }
        }
        Err(StoreError::Unavailable { reason: format!("'{}' changes too often to be read", self.state) })
    }

    /// Saves a state over the generation that was read or saved last, `None` if there was none.
    pub(super) async fn save(
        &self,
        body: &Bytes,
        epoch: Epoch,
        over: Option<Generation>,
    ) -> Result<Generation, SaveError> {
        let error = match self.write(body, epoch, over, false).await {
            Ok(generation) => return Ok(generation),
            Err(error) => error,
        };
        if !matches!(error, StoreError::PreconditionFailed { .. } | StoreError::Unavailable { .. }) {
            return Err(SaveError::Store(error));
        }
        // An answer may have been lost after the write: what is ours, by content and epoch, is ours. The epoch keeps a
        // fence, which rewrites the same content, from being taken for our own write.
        let stored = self.read().await.map_err(SaveError::Store)?;
        match stored {
            Some(stored) if stored.body == *body && stored.epoch == Some(epoch) => Ok(stored.generation),
            stored if stored.as_ref().map(|stored| stored.generation) == over => Err(SaveError::Store(error)),
            _ => Err(SaveError::Fenced),
        }
    }

    /// Takes the lock with this information, if nobody has it. The operation and its lease's epoch are written on it: the
    /// proof, should its process die, that the lock is ours to break.
    ///
    /// A lock of an older lease is broken here, once its run is fenced: that run is over, or can no longer save. A person's
    /// lock has no epoch.
    pub(super) async fn lock(
        &self,
        info: &Value,
        operation: OperationId,
        epoch: Epoch,
    ) -> Result<LockAnswer, StoreError> {
        let answer = self.take_lock(info, operation, epoch).await?;
        let LockAnswer::Held { holder, .. } = &answer else { return Ok(answer) };
        let Some(live) = self.store.stat(&self.lock).await? else { return Ok(answer) };
        let outdated = live.generation == holder.lock && epoch_of(&live).is_some_and(|older| older < epoch);
        if !outdated {
            return Ok(answer);
        }
        self.fence(epoch).await?;
        self.unlock(live.generation).await?;
        self.take_lock(info, operation, epoch).await
    }

    async fn take_lock(&self, info: &Value, operation: OperationId, epoch: Epoch) -> Result<LockAnswer, StoreError> {
        let body = Bytes::from(info.to_string());
        let metadata =
            BTreeMap::from([(EPOCH.to_owned(), epoch.to_string()), (OPERATION.to_owned(), operation.to_string())]);
        let object = NewObject { body, content_type: Some(JSON.to_owned()), metadata };
        let error = match self.store.write(&self.lock, object, Precondition::Absent).await {
            Ok(generation) => return Ok(LockAnswer::Ours(generation)),
            Err(error @ (StoreError::PreconditionFailed { .. } | StoreError::Unavailable { .. })) => error,
            Err(error) => return Err(error),
        };
        let Some(found) = self.store.read(&self.lock).await? else {
            // Released in between, or never written: the next try decides.
            return Err(StoreError::Unavailable { reason: error.to_string() });
        };
        Ok(answer(info, &found))
    }

    /// Releases exactly this lock; one that is gone, or another, is left alone. Says whether it was there.
    pub(super) async fn unlock(&self, generation: Generation) -> Result<bool, StoreError> {
        delete_if_there(&*self.store, &self.lock, generation).await
    }

    /// Releases the lock that this operation took. A person's lock, and any other operation's, is left alone.
    pub(super) async fn unlock_of(&self, operation: OperationId) -> Result<(), StoreError> {
        let Some(lock) = self.store.stat(&self.lock).await? else { return Ok(()) };
        if lock.metadata.get(OPERATION) == Some(&operation.to_string()) {
            self.unlock(lock.generation).await?;
        }
        Ok(())
    }

    /// Whether the live lock is this one.
    pub(super) async fn holds(&self, generation: Generation) -> Result<bool, StoreError> {
        Ok(self.store.stat(&self.lock).await?.is_some_and(|meta| meta.generation == generation))
    }

    /// Deletes the state if it is of this generation.
    pub(super) async fn delete(&self, generation: Generation) -> Result<(), StoreError> {
        self.store.delete(&self.state, generation).await
    }

    /// Writes the state anew under this epoch, so that nobody who read it before can save. A workspace that is not
    /// there gets a placeholder, so that nobody who saw nothing can make it.
    pub(super) async fn fence(&self, epoch: Epoch) -> Result<(), StoreError> {
        for _ in 0..FENCE_TRIES {
            let stored = self.read().await?;
            let written = match &stored {
                Some(stored) if stored.epoch == Some(epoch) => return Ok(()),
                Some(stored) if stored.epoch > Some(epoch) => return Err(self.taken_over()),
                Some(stored) => self.write(&stored.body, epoch, Some(stored.generation), stored.placeholder).await,
                None => self.write(&empty_state(), epoch, None, true).await,
            };
            match written {
                Ok(_) => return Ok(()),
                Err(StoreError::PreconditionFailed { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Unavailable { reason: format!("'{}' changes too often to be fenced", self.state) })
    }

    /// What is said to who comes with an epoch that is over.
    pub(super) fn taken_over(&self) -> StoreError {
        StoreError::PreconditionFailed { name: self.state.clone() }
    }

    /// What is said of a state that is none.
    pub(super) fn corrupt(&self, error: &serde_json::Error) -> StoreError {
        StoreError::Corrupt { name: self.state.clone(), reason: error.to_string() }
    }

    async fn write(
        &self,
        body: &Bytes,
        epoch: Epoch,
        over: Option<Generation>,
        placeholder: bool,
    ) -> Result<Generation, StoreError> {
        let mut metadata = BTreeMap::from([(EPOCH.to_owned(), epoch.to_string())]);
        if placeholder {
            metadata.insert(PLACEHOLDER.to_owned(), "true".to_owned());
        }
        let when = over.map_or(Precondition::Absent, Precondition::Matches);
        let object = NewObject { body: body.clone(), content_type: Some(JSON.to_owned()), metadata };
        self.store.write(&self.state, object, when).await
    }
}

fn epoch_of(meta: &ObjectMeta) -> Option<Epoch> {
    meta.metadata.get(EPOCH)?.parse().ok().map(Epoch)
}

fn is_placeholder(meta: &ObjectMeta) -> bool {
    meta.metadata.contains_key(PLACEHOLDER)
}

async fn delete_if_there(
    store: &dyn ObjectStore,
    name: &ObjectName,
    generation: Generation,
) -> Result<bool, StoreError> {
    match store.delete(name, generation).await {
        Ok(()) => Ok(true),
        Err(StoreError::PreconditionFailed { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whose lock was found: ours, if an earlier answer was lost, or another's. A lock that says nothing readable is held
/// all the same.
fn answer(ours: &Value, found: &Versioned<Bytes>) -> LockAnswer {
    let mut info: Value = serde_json::from_slice(&found.value).unwrap_or_default();
    if !info.is_object() {
        info = Value::Object(serde_json::Map::new());
    }
    if info["ID"].is_string() && info["ID"] == ours["ID"] {
        return LockAnswer::Ours(found.generation);
    }
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).unwrap_or("unknown").to_owned();
    let holder = LockHolder { who: text(&info["Who"]), since: text(&info["Created"]), lock: found.generation };
    // As the gcs backend does: the id with which a person unlocks it is the generation.
    info["ID"] = Value::String(found.generation.to_string());
    LockAnswer::Held { holder, body: Bytes::from(info.to_string()) }
}
