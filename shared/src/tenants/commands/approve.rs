//! `approve`: what was held goes on, exactly as it was shown.

use super::super::{Answer, Caller, CommandError, Wait};
use super::{Commands, Intent, is_known};
use crate::digest::Digest;
use crate::records::{Approval, OperationKind, Status};
use crate::tenant::TenantId;

impl Commands {
    /// Lets exactly the held plan of this digest through, once and for the platform's time; or the held deletion of this
    /// digest. Anything else that waits is [`CommandError::NotHeld`], and waits on.
    pub async fn approve(
        &self,
        caller: &Caller,
        tenant: &TenantId,
        digest: Digest,
        wait: Wait,
    ) -> Result<Answer, CommandError> {
        let _admitted = self.reconciler.admit(caller, tenant)?;
        let (stored, status) = self.look(tenant).await?;
        if !is_known(status.as_ref()) {
            return Err(CommandError::NotFound(tenant.clone()));
        }
        let ports = self.reconciler.ports();
        let now = ports.clock.now();
        let valid = jiff::SignedDuration::from_secs(ports.platform.approvals.valid_seconds.cast_signed());
        let expires = now.saturating_add(valid).unwrap_or(jiff::Timestamp::MAX);
        let approval = Approval { by: caller.principal.clone(), at: now, expires };
        let mut refused = None;
        let give = |status: &mut Status| refused = approve(status, digest, &approval).err();
        ports.statuses.update(tenant, give).await?;
        if let Some(waits) = refused {
            return Err(CommandError::NotHeld { tenant: tenant.clone(), asked: digest, waits });
        }
        let generation = stored.map(|stored| stored.generation);
        let kind = if generation.is_some() { OperationKind::Update } else { OperationKind::Delete };
        self.follow_up(caller, tenant, wait, Intent { kind, generation }).await
    }
}

/// Writes the approval where it belongs; what waits instead, if anything, where it belongs nowhere.
fn approve(status: &mut Status, digest: Digest, approval: &Approval) -> Result<(), Option<Digest>> {
    let deletion = status.tombstone.as_ref().map(|tombstone| tombstone.digest(&status.tenant));
    if let Some(hold) = status.hold.as_mut().filter(|hold| hold.digest == digest) {
        hold.approval = Some(approval.clone());
        return Ok(());
    }
    if let Some(tombstone) = status.tombstone.as_mut().filter(|_| deletion == Some(digest)) {
        tombstone.approval = Some(approval.clone());
        return Ok(());
    }
    Err(status.hold.as_ref().map(|hold| hold.digest).or(deletion))
}
