//! `upgrade_plugins`: what is wanted as `latest`, in its newest versions from now on.

use super::super::{Answer, Caller, CommandError, Wait};
use super::{Commands, Intent};
use crate::records::{OperationKind, Status, UpgradeRequest};
use crate::tenant::TenantId;

impl Commands {
    /// Writes down that the newest versions are asked for, then carries it out: it stands until they are resolved,
    /// whatever dies meanwhile. Plugins wanted in an exact version stay as they are.
    pub async fn upgrade_plugins(
        &self,
        caller: &Caller,
        tenant: &TenantId,
        wait: Wait,
    ) -> Result<Answer, CommandError> {
        let _admitted = self.reconciler.admit(caller, tenant)?;
        let (stored, _) = self.look(tenant).await?;
        let Some(stored) = stored else { return Err(CommandError::NotFound(tenant.clone())) };
        let ports = self.reconciler.ports();
        let request = UpgradeRequest { at: ports.clock.now(), by: caller.principal.clone() };
        ports.statuses.update(tenant, |status: &mut Status| status.upgrade = Some(request.clone())).await?;
        let intent = Intent { kind: OperationKind::InstallPlugins, generation: Some(stored.generation) };
        self.follow_up(caller, tenant, wait, intent).await
    }
}
