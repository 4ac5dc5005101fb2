//! After a process died at work: make sure that it cannot save any more, clear the lock it left, and end its entry.

use super::Work;
use crate::operation::OperationId;
use crate::records::{Operation, Outcome};
use crate::tenants::CommandError;

impl Work<'_> {
    /// Settles what an interrupted operation left. In this order: while the old run could still save, its lock is what
    /// keeps others out.
    pub(in super::super) async fn recover(&self, interrupted: OperationId) -> Result<(), CommandError> {
        tracing::warn!(%interrupted, operation = %self.operation, "recovering an interrupted operation");
        self.ports.provisioner.fence(self.tenant, self.tenure.epoch).await.map_err(refused)?;
        self.ports.provisioner.break_lock(self.tenant, interrupted).await.map_err(refused)?;
        // From here on the old run's word on the status no longer counts either.
        self.settle(|_| {}).await?;
        let Some(mut entry) = self.ports.journal.find(self.tenant, interrupted).await? else { return Ok(()) };
        if entry.operation.outcome.is_final() {
            return Ok(());
        }
        let message = format!("its process stopped; operation {} went on from there", self.operation);
        let end = |operation: &mut Operation| {
            operation.reason = Some("INTERRUPTED".to_owned());
            operation.message = message;
        };
        self.ports.journal.close(&mut entry, Outcome::Interrupted, end).await?;
        Ok(())
    }
}

fn refused(error: crate::provision::ProvisionError) -> CommandError {
    match error {
        crate::provision::ProvisionError::Store(error) => CommandError::Store(error),
        other => CommandError::Misconfigured(other.to_string()),
    }
}
