//! `delete`: a tenant that should be no more.

use super::super::{Answer, Caller, CommandError, IfMatch, Wait};
use super::update::must_match;
use super::{Commands, Intent, is_known};
use crate::records::{DeletionRequest, DeletionTerms, OperationKind, Phase, Status, StoredDefinition};
use crate::tenant::{self, TenantId};

impl Commands {
    /// Writes down that the deletion was asked for, then carries it out: it stands until done, whatever dies meanwhile.
    /// `deletionProtection` is [`CommandError::Protected`]. With `force` it goes without an export of its database.
    pub async fn delete(
        &self,
        caller: &Caller,
        tenant: &TenantId,
        if_match: IfMatch,
        force: bool,
        wait: Wait,
    ) -> Result<Answer, CommandError> {
        let _admitted = self.reconciler.admit(caller, tenant)?;
        let (stored, terms) = self.deletable(tenant, if_match).await?;
        let ports = self.reconciler.ports();
        let generation = stored.map(|stored| stored.generation);
        let request = DeletionRequest { at: ports.clock.now(), by: caller.principal.clone(), generation, force };
        let ask = |status: &mut Status| {
            status.deletion = Some(request.clone());
            status.terms = terms;
            status.phase = Phase::Deleting;
        };
        ports.statuses.update(tenant, ask).await?;
        self.follow_up(caller, tenant, wait, Intent { kind: OperationKind::Delete, generation }).await
    }

    /// A tenant that is there, matches what the caller has seen, and is not protected.
    pub(super) async fn deletable(
        &self,
        tenant: &TenantId,
        if_match: IfMatch,
    ) -> Result<(Option<StoredDefinition>, DeletionTerms), CommandError> {
        let (stored, status) = self.look(tenant).await?;
        if stored.is_none() && !is_known(status.as_ref()) {
            return Err(CommandError::NotFound(tenant.clone()));
        }
        let known = status.map(|status| status.value.terms).unwrap_or_default();
        let terms = match &stored {
            Some(stored) => {
                must_match(stored, if_match)?;
                self.terms(stored).await?.unwrap_or(known)
            }
            None => known,
        };
        if terms.protection {
            return Err(CommandError::Protected(tenant.clone()));
        }
        Ok((stored, terms))
    }

    /// What the definition says of deletion; `None` for one that is not valid, where the last valid one's word stands.
    async fn terms(&self, stored: &StoredDefinition) -> Result<Option<DeletionTerms>, CommandError> {
        let source = self.reconciler.ports().definitions.source(stored).await?;
        let parsed =
            source.and_then(|source| tenant::parse_named(&source, stored.object.format, &stored.object.tenant).ok());
        Ok(parsed.as_ref().map(DeletionTerms::of))
    }
}
