//! Writing and deleting under a precondition, over a network that loses answers.
//!
//! A call that got no answer may have been carried out; made again, it then fails its own precondition. So every write
//! carries a mark of its own, and a failure that may be our own doing is looked up before it is believed.

use async_trait::async_trait;

use super::GcsStore;
use super::attempts::{Limits, attempt};
use super::fault::Fault;
use super::object::{Mark, generation, number};
use crate::store::{Generation, NewObject, ObjectName, ObjectReader as _, ObjectStore, Precondition, StoreError};

impl GcsStore {
    async fn write_once(
        &self,
        name: &ObjectName,
        object: &NewObject,
        mark: &Mark,
        when: Precondition,
    ) -> Result<Generation, Fault> {
        let must_be = match when {
            Precondition::Absent => 0,
            Precondition::Matches(generation) => number(generation),
        };
        let mut request = self
            .clients
            .media()
            .await?
            .write_object(self.path(), name.as_str(), object.body.clone())
            .set_if_generation_match(must_be)
            .set_metadata(mark.put_on(&object.metadata));
        if let Some(content_type) = &object.content_type {
            request = request.set_content_type(content_type);
        }
        let written = Box::pin(request.send_unbuffered()).await.map_err(|error| Fault::of(&error))?;
        generation(written.generation)
    }

    /// Finds out whether a failed write happened after all.
    ///
    /// In an unversioned bucket a write of ours that somebody has overwritten since is not found; the precondition then
    /// counts as failed, which is true by now.
    async fn look_up(&self, name: &ObjectName, mark: &Mark, fault: Fault) -> Result<Generation, StoreError> {
        let Ok(versions) = self.versions(name, &Limits::LOOK_UP).await else {
            let reason = format!("whether '{name}' was written is not known: {}", self.error(name, fault));
            return Err(StoreError::Unavailable { reason });
        };
        match versions.iter().find(|object| mark.is_on(object)) {
            Some(ours) => generation(ours.generation).map_err(|fault| self.error(name, fault)),
            None => Err(self.error(name, fault)),
        }
    }

    async fn delete_once(&self, name: &ObjectName, when: Generation) -> Result<(), Fault> {
        // A precondition rather than a generation to delete: the latter would remove it from a versioned bucket for good.
        let request = self.clients.control().await?.delete_object();
        let request = request.set_bucket(self.path()).set_object(name.as_str()).set_if_generation_match(number(when));
        request.send().await.map_err(|error| Fault::of(&error))
    }

    /// What to say of an object that is no longer there: if an unanswered call of ours may have deleted it, it is done.
    fn gone(&self, name: &ObjectName, perhaps_by_us: bool) -> Result<(), StoreError> {
        if perhaps_by_us { Ok(()) } else { Err(self.error(name, Fault::Precondition)) }
    }
}

#[async_trait]
impl ObjectStore for GcsStore {
    async fn write(&self, name: &ObjectName, object: NewObject, when: Precondition) -> Result<Generation, StoreError> {
        let mark = Mark::new();
        let outcome = attempt(&Limits::WRITE, || self.write_once(name, &object, &mark, when)).await;
        match outcome.result {
            Ok(generation) => Ok(generation),
            Err(fault @ Fault::Unavailable { .. }) => self.look_up(name, &mark, fault).await,
            Err(fault @ Fault::Precondition) if outcome.unanswered => self.look_up(name, &mark, fault).await,
            Err(fault) => Err(self.error(name, fault)),
        }
    }

    async fn delete(&self, name: &ObjectName, when: Generation) -> Result<(), StoreError> {
        let outcome = attempt(&Limits::READ, || self.delete_once(name, when)).await;
        match outcome.result {
            Ok(()) => Ok(()),
            Err(Fault::NotFound(reason)) => {
                self.object_was_meant(reason).await?;
                self.gone(name, outcome.unanswered)
            }
            Err(Fault::Precondition) if outcome.unanswered => {
                let live = self.stat(name).await?;
                self.gone(name, live.is_none())
            }
            Err(fault) => Err(self.error(name, fault)),
        }
    }
}
