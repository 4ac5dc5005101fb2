//! What one run may do to its workspace, and what it did: the state gateway's side of a run.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use super::module::Module;
use super::sensitive::texts_of_state;
use super::state::orphaned_stateful;
use super::workspace::{LockAnswer, SaveError, StoredState, Workspace};
use crate::operation::OperationId;
use crate::provision::{Epoch, LeaseCheck, LockHolder, ResourceAddress, Run, RunEvent};
use crate::redact::Redactor;
use crate::store::{Generation, StoreError};

/// What a run may do.
#[derive(Clone)]
pub(super) enum Access {
    /// Read the state, nothing else.
    Read,
    /// Change the workspace; with a module, only while the module still speaks of every stateful resource in it.
    Change { guarded_by: Option<Arc<Module>> },
    /// Change the workspace and keep its lock until the engine has deleted it.
    Destroy,
}

/// What became of a run's requests: what a run's outcome is judged by.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// A newer holder of the lease was here.
    pub(super) fenced: bool,
    /// Stateful resources the module no longer speaks of.
    pub(super) orphaned: Vec<ResourceAddress>,
    /// Who has the lock, if it was never ours.
    pub(super) held_by: Option<LockHolder>,
    /// What the store failed with last.
    pub(super) store: Option<StoreError>,
    /// Generation of the state as this run read or saved it last.
    pub(super) state: Option<Generation>,
}

/// What the gateway answers. Status codes are the gateway's.
#[derive(Debug)]
pub(super) enum Reply {
    Done,
    State(Bytes),
    NoState,
    Held(Bytes),
    Refused(String),
    Later(String),
}

/// One run's session. Requests are taken one at a time.
pub(super) struct Session {
    workspace: Workspace,
    operation: OperationId,
    epoch: Epoch,
    lease: Arc<dyn LeaseCheck>,
    access: Access,
    events: UnboundedSender<RunEvent>,
    /// Learns what is sensitive in the state.
    redactor: Redactor,
    facts: Facts,
    lock: Option<Lock>,
    /// The state as served: asked for twice under one lock, read once.
    served: Served,
    /// The process could not save: it gives up, the engine tries once more before anybody else may go on.
    unsaved: bool,
    /// The run is over: whoever still asks is dead, or should be.
    over: bool,
}

enum Served {
    NotYet,
    NoState,
    State(Bytes),
}

struct Lock {
    id: String,
    generation: Generation,
}

impl Session {
    pub(super) fn new(
        workspace: Workspace,
        run: &Run,
        access: Access,
        events: UnboundedSender<RunEvent>,
        redactor: Redactor,
    ) -> Self {
        Self {
            workspace,
            operation: run.operation,
            epoch: run.epoch,
            lease: Arc::clone(&run.lease),
            access,
            events,
            redactor,
            facts: Facts::default(),
            lock: None,
            served: Served::NotYet,
            unsaved: false,
            over: false,
        }
    }

    /// Whether the run is over, and nothing is carried out for it any more.
    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    /// The state, if this run may still have it.
    pub(super) async fn get(&mut self) -> Reply {
        match &self.served {
            Served::NotYet => {}
            Served::NoState => return Reply::NoState,
            Served::State(body) => return Reply::State(body.clone()),
        }
        let stored = match self.workspace.read().await {
            Ok(stored) => stored,
            Err(error) => return self.failed(error),
        };
        if let Some(stored) = &stored {
            // Who only looks needs no lease.
            if stored.epoch > Some(self.epoch) && !matches!(self.access, Access::Read) {
                return self.fenced();
            }
            if let Access::Change { guarded_by: Some(module) } = &self.access {
                match orphaned_stateful(&stored.body, module) {
                    Ok(orphaned) if orphaned.is_empty() => {}
                    Ok(orphaned) => {
                        self.facts.orphaned = orphaned;
                        return Reply::Refused("the module no longer has a stateful resource of this state".to_owned());
                    }
                    Err(error) => return self.failed(self.workspace.corrupt(&error)),
                }
            }
        } else if self.lock.is_some() {
            match self.lease.is_still_ours().await {
                Ok(true) => {}
                Ok(false) => return self.fenced(),
                Err(error) => return self.failed(error),
            }
        }
        self.facts.state = stored.as_ref().map(|stored| stored.generation);
        self.facts.store = None;
        if let Some(StoredState { body, .. }) = stored {
            self.learn(&body);
            self.served = Served::State(body.clone());
            Reply::State(body)
        } else {
            self.served = Served::NoState;
            Reply::NoState
        }
    }

    /// Saves a state over the one read or saved last, under the lock.
    pub(super) async fn save(&mut self, lock_id: Option<&str>, body: Bytes) -> Reply {
        match &self.lock {
            _ if self.facts.fenced => return self.fenced(),
            Some(lock) if lock_id == Some(lock.id.as_str()) => {}
            _ => return Reply::Refused("the state is not locked by this run".to_owned()),
        }
        self.learn(&body);
        match self.write(&body).await {
            Ok(()) => {
                self.served = Served::State(body);
                Reply::Done
            }
            Err(SaveError::Fenced) => self.fenced(),
            Err(SaveError::Store(error)) => {
                self.unsaved = true;
                self.failed(error)
            }
        }
    }

    async fn write(&mut self, body: &Bytes) -> Result<(), SaveError> {
        // A first state has no generation to be compared with: an absent one may be one that was destroyed meanwhile.
        // Whoever took over has also removed our lock.
        if let (None, Some(lock)) = (self.facts.state, &self.lock)
            && !self.workspace.holds(lock.generation).await.map_err(SaveError::Store)?
        {
            return Err(SaveError::Fenced);
        }
        let state = self.workspace.save(body, self.epoch, self.facts.state).await?;
        self.facts.state = Some(state);
        (self.facts.store, self.unsaved) = (None, false);
        self.tell(RunEvent::StateSaved { state });
        Ok(())
    }

    /// Takes the workspace's lock.
    pub(super) async fn lock(&mut self, info: &Bytes) -> Reply {
        if matches!(self.access, Access::Read) {
            return Reply::Refused("this run only reads".to_owned());
        }
        let Ok(Value::Object(mut info)) = serde_json::from_slice(info) else {
            return Reply::Refused("a lock is asked for with its information as JSON".to_owned());
        };
        let Some(id) = info.get("ID").and_then(Value::as_str).map(ToOwned::to_owned) else {
            return Reply::Refused("a lock is asked for with an ID".to_owned());
        };
        let who = info.get("Who").and_then(Value::as_str).unwrap_or("unknown");
        info.insert("Who".to_owned(), Value::String(format!("operation {} ({who})", self.operation)));
        info.insert("Path".to_owned(), Value::String(self.workspace.lock_name().to_string()));
        match self.workspace.lock(&Value::Object(info), self.operation, self.epoch).await {
            Ok(LockAnswer::Ours(generation)) => {
                self.lock = Some(Lock { id, generation });
                self.served = Served::NotYet;
                (self.facts.held_by, self.facts.store) = (None, None);
                self.tell(RunEvent::Locked { lock: generation });
                Reply::Done
            }
            Ok(LockAnswer::Held { holder, body }) => {
                self.facts.held_by = Some(holder);
                Reply::Held(body)
            }
            Err(error) => self.failed(error),
        }
    }

    /// Releases the lock, or says so and keeps it where the engine has more to do under it.
    pub(super) async fn unlock(&mut self) -> Reply {
        if self.unsaved || matches!(self.access, Access::Destroy) {
            return Reply::Done;
        }
        match self.release().await {
            Ok(()) => Reply::Done,
            Err(error) => self.failed(error),
        }
    }

    /// Removes this run's lock if it still has one: a killed process cannot do it itself.
    pub(super) async fn release(&mut self) -> Result<(), StoreError> {
        let Some(lock) = &self.lock else { return Ok(()) };
        self.workspace.unlock(lock.generation).await?;
        self.lock = None;
        self.tell(RunEvent::Unlocked);
        Ok(())
    }

    /// Tries once more to save what the process could not. Says whether it is saved.
    pub(super) async fn rescue(&mut self, body: &Bytes) -> bool {
        !self.facts.fenced && self.lock.is_some() && self.write(body).await.is_ok()
    }

    /// Deletes the workspace's state as this run left it.
    pub(super) async fn delete_state(&mut self) -> Result<(), StoreError> {
        match self.facts.state.take() {
            Some(generation) => self.workspace.delete(generation).await,
            None => Ok(()),
        }
    }

    /// What became of it all, for the outcome; the session is over.
    pub(super) fn facts(&mut self) -> Facts {
        self.over = true;
        std::mem::take(&mut self.facts)
    }

    fn learn(&self, state: &[u8]) {
        self.redactor.learn(texts_of_state(state).iter().map(String::as_str));
    }

    fn fenced(&mut self) -> Reply {
        self.facts.fenced = true;
        Reply::Refused("a newer run took over the workspace".to_owned())
    }

    fn failed(&mut self, error: StoreError) -> Reply {
        let reason = error.to_string();
        let retryable = error.retryable();
        self.facts.store = Some(error);
        if retryable { Reply::Later(reason) } else { Reply::Refused(reason) }
    }

    fn tell(&self, event: RunEvent) {
        // Nobody listens any more only when the run is over: then there is nobody to be told.
        let _ = self.events.send(event);
    }
}
