//! After a process died at work: make sure that it cannot save any more, clear the lock it left, and end its entry.

use super::Work;
use crate::operation::OperationId;
use crate::records::{Entry, Operation, OperationKind, Outcome, Status};
use crate::store::StoreError;
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
        let Some(mut entry) = self.found_or_barred(interrupted).await? else { return Ok(()) };
        // What waited again after its process had stopped is this very operation, and goes on.
        if entry.operation.outcome.is_final() || interrupted == self.operation {
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

    /// The interrupted operation's entry. Where it wrote none, it is ended here before it begins: a process that only got no
    /// time to run in would write one yet, and be the only one who could end it.
    async fn found_or_barred(&self, interrupted: OperationId) -> Result<Option<Entry>, CommandError> {
        if let Some(entry) = self.ports.journal.find(self.tenant, interrupted).await? {
            return Ok(Some(entry));
        }
        let now = self.ports.clock.now();
        let kind = self.seen.lock().await.as_ref().map_or(OperationKind::Create, |seen| likely(&seen.value));
        let mut operation = Operation::new(interrupted, self.tenant.clone(), kind, now);
        (operation.outcome, operation.finished) = (Outcome::Interrupted, Some(now));
        operation.reason = Some("INTERRUPTED".to_owned());
        operation.message = format!("its process stopped before it had begun; operation {} went on", self.operation);
        match self.ports.journal.open(operation).await {
            Ok(_) => Ok(None),
            Err(StoreError::PreconditionFailed { .. }) => Ok(self.ports.journal.find(self.tenant, interrupted).await?),
            Err(error) => Err(error.into()),
        }
    }
}

/// What an operation would have been that had not yet said so.
const fn likely(status: &Status) -> OperationKind {
    if status.deletion.is_some() || status.tombstone.is_some() {
        OperationKind::Delete
    } else if status.applied.is_none() {
        OperationKind::Create
    } else {
        OperationKind::Update
    }
}

fn refused(error: crate::provision::ProvisionError) -> CommandError {
    match error {
        crate::provision::ProvisionError::Store(error) => CommandError::Store(error),
        other => CommandError::Misconfigured(other.to_string()),
    }
}
