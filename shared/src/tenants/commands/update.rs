//! `update`: another definition for a tenant that is there.

use bytes::Bytes;

use super::super::{Answer, Caller, CommandError, IfMatch, Submission, Wait};
use super::{Commands, Intent, is_known};
use crate::records::{OperationKind, StoredDefinition};
use crate::store::{Generation, StoreError};
use crate::tenant::{Definition, Format, TenantId};

/// Writers that race for one definition each get through in their turn; so many lost turns in a row are a storm.
const ATTEMPTS: usize = 100;

impl Commands {
    /// Replaces a tenant's definition and makes it so. The same bytes again are no new generation, and an apply only where
    /// the last one did not succeed. A tombstoned tenant is restored.
    pub async fn update(
        &self,
        caller: &Caller,
        tenant: &TenantId,
        submission: Submission,
        if_match: IfMatch,
        wait: Wait,
    ) -> Result<Answer, CommandError> {
        let definition = Self::read_for(tenant, &submission)?;
        let _admitted = self.reconciler.admit(caller, tenant)?;
        let generation = self.put(&definition, &submission, if_match).await?;
        let intent = Intent { kind: OperationKind::Update, generation: Some(generation) };
        self.follow_up(caller, tenant, wait, intent).await
    }

    /// Reads a submission that must be about this tenant.
    pub(super) fn read_for(tenant: &TenantId, submission: &Submission) -> Result<Definition, CommandError> {
        let definition = Self::read(submission)?;
        if definition.metadata.name == *tenant {
            return Ok(definition);
        }
        Err(CommandError::NameMismatch { asked: tenant.clone(), named: definition.metadata.name })
    }

    async fn put(
        &self,
        definition: &Definition,
        submission: &Submission,
        if_match: IfMatch,
    ) -> Result<Generation, CommandError> {
        let (tenant, writer) = (&definition.metadata.name, &self.reconciler.ports().definition_writer);
        for _ in 0..ATTEMPTS {
            let (stored, status) = self.look(tenant).await?;
            self.rendered(definition, status.as_ref()).await?;
            let written = match stored {
                Some(stored) => {
                    must_match(&stored, if_match)?;
                    let source = Self::text(submission, definition, stored.object.format)?;
                    // The same bytes again, while a deletion stands, say that it is wanted after all: a new generation.
                    let leaving = status.is_some_and(|status| status.value.deletion.is_some());
                    if !leaving && self.is_stored(&stored, &source).await? {
                        return Ok(stored.generation);
                    }
                    writer.replace(&stored, source).await
                }
                None if is_known(status.as_ref()) && if_match == IfMatch::Any => {
                    writer.create(tenant, Self::text(submission, definition, Format::Yaml)?).await
                }
                None => return Err(CommandError::NotFound(tenant.clone())),
            };
            match written {
                Ok(generation) => return Ok(generation),
                Err(StoreError::PreconditionFailed { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommandError::Busy { retry_after: std::time::Duration::from_secs(1) })
    }

    async fn is_stored(&self, stored: &StoredDefinition, source: &Bytes) -> Result<bool, CommandError> {
        Ok(self.reconciler.ports().definitions.source(stored).await?.is_some_and(|stored| stored == *source))
    }
}

/// Whether the caller has seen the definition that is there.
pub(super) fn must_match(stored: &StoredDefinition, if_match: IfMatch) -> Result<(), CommandError> {
    match if_match {
        IfMatch::Generation(seen) if seen != stored.generation => {
            Err(CommandError::Stale { current: stored.generation })
        }
        IfMatch::Any | IfMatch::Generation(_) => Ok(()),
    }
}
