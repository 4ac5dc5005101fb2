//! `undelete`: a tenant that was deleted, or is about to be, is wanted again.

use super::super::{Answer, Caller, CommandError, Wait};
use super::{Commands, Intent};
use crate::records::{Burial, LastDefinition, OperationKind, RestoredRecord, Status};
use crate::store::StoreError;
use crate::tenant::TenantId;

impl Commands {
    /// Writes a tenant's last definition again and makes it so. One whose definition vanished goes on as it was; one that was
    /// destroyed is made anew, and its status says where its database's export lies. A definition that is there is
    /// [`CommandError::AlreadyExists`]; where none is kept, [`CommandError::NothingKept`].
    pub async fn undelete(&self, caller: &Caller, tenant: &TenantId, wait: Wait) -> Result<Answer, CommandError> {
        let _admitted = self.reconciler.admit(caller, tenant)?;
        let (stored, status) = self.look(tenant).await?;
        if stored.is_some() {
            return Err(CommandError::AlreadyExists(tenant.clone()));
        }
        let (burial, last) = match status {
            Some(_) => (None, self.last_generation(tenant).await?),
            None => self.buried(tenant).await?,
        };
        let ports = self.reconciler.ports();
        let Some(last) = last else {
            let days = ports.platform.retention.graveyard_days;
            return Err(CommandError::NothingKept { tenant: tenant.clone(), days });
        };
        // JSON stays as it was: it is YAML too.
        let generation = match ports.definition_writer.create(tenant, last.source).await {
            Ok(generation) => generation,
            Err(StoreError::PreconditionFailed { .. }) => return Err(CommandError::AlreadyExists(tenant.clone())),
            Err(error) => return Err(error.into()),
        };
        if let Some(burial) = burial {
            let restored =
                RestoredRecord { at: ports.clock.now(), from: burial.operation, export: burial.export.clone() };
            let say = |status: &mut Status| status.restored = Some(restored.clone());
            ports.statuses.update(tenant, say).await?;
        }
        self.follow_up(caller, tenant, wait, Intent { kind: OperationKind::Create, generation: Some(generation) }).await
    }

    async fn buried(&self, tenant: &TenantId) -> Result<(Option<Burial>, Option<LastDefinition>), CommandError> {
        Ok(match self.reconciler.ports().graveyard.latest(tenant).await? {
            Some((burial, last)) => (Some(burial), Some(last)),
            None => (None, None),
        })
    }

    /// The newest definition that the bucket still has.
    async fn last_generation(&self, tenant: &TenantId) -> Result<Option<LastDefinition>, CommandError> {
        let definitions = &self.reconciler.ports().definitions;
        for stored in definitions.generations(tenant).await? {
            if let Some(source) = definitions.source(&stored).await? {
                let (format, generation) = (stored.object.format, stored.generation);
                return Ok(Some(LastDefinition { format, generation, source }));
            }
        }
        Ok(None)
    }
}
