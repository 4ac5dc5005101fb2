//! Holding leases while work goes on: a tenant's lease and, around a run, a slot of its database instance.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::operation::OperationId;
use crate::platform::Limits;
use crate::provision::Epoch;
use crate::records::{Acquired, Lease, Leases, RecordName};
use crate::store::{ObjectName, StoreError};
use crate::tenant::TenantId;
use crate::tenants::CommandError;

/// Between two looks at a lease that somebody holds.
const POLL: Duration = Duration::from_millis(250);
const BUSY: Duration = Duration::from_secs(5);

/// Leases that are ours, renewed in the background until given back.
pub(super) struct Tenure {
    leases: Leases,
    held: Arc<Mutex<Vec<Lease>>>,
    renewal: JoinHandle<()>,
    ended: CancellationToken,
    /// Under which state may be saved.
    pub(super) epoch: Epoch,
    /// Whose work must be settled first, oldest first.
    pub(super) unsettled: Vec<OperationId>,
    /// Cancelled when a lease is lost or the process is asked to stop.
    pub(super) cancel: CancellationToken,
}

impl Tenure {
    /// Takes a tenant's lease, waiting at most the platform's wait for whoever holds it.
    pub(super) async fn begin(
        leases: &Leases,
        clock: &Arc<dyn Clock>,
        limits: &Limits,
        tenant: &TenantId,
        operation: OperationId,
        shutdown: &CancellationToken,
    ) -> Result<Self, CommandError> {
        let names = [RecordName::lease(tenant)];
        let lease = acquire(leases, clock, &names, operation, Duration::from_secs(limits.wait_seconds)).await?;
        let (epoch, unsettled) = (lease.epoch, lease.unsettled.clone());
        let cancel = shutdown.child_token();
        let held = Arc::new(Mutex::new(vec![lease]));
        let ended = CancellationToken::new();
        let renewing = Renewing { leases: leases.clone(), held: Arc::clone(&held), ended: ended.clone() };
        let renewal = tokio::spawn(renewing.run(Arc::clone(clock), cancel.clone()));
        Ok(Self { leases: leases.clone(), held, renewal, ended, epoch, unsettled, cancel })
    }

    /// Takes one of the slots of a database instance as well: it takes few operations at once.
    pub(super) async fn take_slot(
        &self,
        clock: &Arc<dyn Clock>,
        limits: &Limits,
        instance: &str,
        operation: OperationId,
    ) -> Result<(), CommandError> {
        let names: Vec<ObjectName> =
            (0..limits.runs_per_instance.max(1)).map(|number| RecordName::slot(instance, number)).collect();
        let mut lease =
            acquire(&self.leases, clock, &names, operation, Duration::from_secs(limits.wait_seconds)).await?;
        // Whose slot ran out is settled under their tenant's lease.
        lease.unsettled.clear();
        self.held.lock().await.push(lease);
        Ok(())
    }

    /// Everybody whose work was left is settled: nobody has to come back for them.
    pub(super) async fn settled(&self) {
        for lease in self.held.lock().await.iter_mut() {
            lease.unsettled.clear();
        }
    }

    /// This operation's own work is left for whoever comes next.
    pub(super) async fn leave_unsettled(&self, operation: OperationId) {
        // The tenant's lease was taken first.
        if let Some(lease) = self.held.lock().await.first_mut() {
            lease.unsettled.push(operation);
        }
    }

    /// Gives everything back.
    pub(super) async fn end(self) -> Result<(), StoreError> {
        // A renewal under way is awaited: aborted, it could leave a generation that we never learn of.
        self.ended.cancel();
        let _ = self.renewal.await;
        let held = std::mem::take(&mut *self.held.lock().await);
        for lease in held.into_iter().rev() {
            self.leases.release(lease).await?;
        }
        Ok(())
    }
}

/// The first of `names` that is free.
async fn acquire(
    leases: &Leases,
    clock: &Arc<dyn Clock>,
    names: &[ObjectName],
    operation: OperationId,
    wait: Duration,
) -> Result<Lease, CommandError> {
    let deadline = clock.now().saturating_add(wait).unwrap_or(jiff::Timestamp::MAX);
    loop {
        for name in names {
            match leases.acquire(name, operation).await {
                Ok(Acquired::Mine(lease)) => return Ok(lease),
                Ok(Acquired::Held(_)) => {}
                Err(error) if error.retryable() => {}
                Err(error) => return Err(error.into()),
            }
        }
        if clock.now() >= deadline {
            return Err(CommandError::Busy { retry_after: BUSY });
        }
        clock.sleep(POLL).await;
    }
}

struct Renewing {
    leases: Leases,
    held: Arc<Mutex<Vec<Lease>>>,
    ended: CancellationToken,
}

impl Renewing {
    /// Renews at a third of the term. A lease that somebody else has by now ends the work; a store that does not answer
    /// is asked again, and the lease runs out by itself if it never does.
    async fn run(self, clock: Arc<dyn Clock>, cancel: CancellationToken) {
        loop {
            tokio::select! {
                () = clock.sleep(self.leases.term() / 3) => {}
                () = self.ended.cancelled() => return,
            }
            for lease in self.held.lock().await.iter_mut() {
                match self.leases.renew(lease).await {
                    Ok(()) => {}
                    Err(error) if error.retryable() => tracing::warn!(%error, "a lease could not be renewed yet"),
                    Err(error) => {
                        tracing::error!(%error, "a lease was lost; its run is interrupted");
                        cancel.cancel();
                        return;
                    }
                }
            }
        }
    }
}
