//! Holding leases while work goes on: a tenant's lease and, around a run, a slot of its database instance.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::slots::{Place, Slots};
use crate::clock::Clock;
use crate::operation::OperationId;
use crate::platform::{Limits, Tier};
use crate::provision::{Epoch, LeaseCheck};
use crate::records::{Acquired, Lease, Leases, RecordName, Status};
use crate::store::{ObjectName, StoreError, Versioned};
use crate::tenant::TenantId;
use crate::tenants::CommandError;

/// Between two looks at a lease that somebody holds.
const POLL: Duration = Duration::from_millis(250);
const BUSY: Duration = Duration::from_secs(5);

/// Leases that are ours, renewed in the background until given back.
pub(super) struct Tenure {
    leases: Leases,
    held: Arc<Mutex<Vec<Held>>>,
    renewal: JoinHandle<()>,
    ended: CancellationToken,
    /// Under which state may be saved.
    pub(super) epoch: Epoch,
    /// Whose work must be settled first, oldest first.
    pub(super) unsettled: Vec<OperationId>,
    /// Cancelled when a lease is lost or the process is asked to stop.
    pub(super) cancel: CancellationToken,
}

/// A lease, and the place it fills in this process if it is a slot's.
struct Held {
    lease: Lease,
    place: Option<Place>,
}

/// Whose lease is asked for.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) tenant: &'a TenantId,
    pub(super) operation: OperationId,
    /// The tenant as it was last seen.
    pub(super) seen: Option<&'a Versioned<Status>>,
}

impl Tenure {
    /// Takes a tenant's lease, waiting at most the platform's wait for whoever holds it.
    pub(super) async fn begin(
        leases: &Leases,
        clock: &Arc<dyn Clock>,
        limits: &Limits,
        asking: Asking<'_>,
        shutdown: &CancellationToken,
    ) -> Result<Self, CommandError> {
        let (name, operation) = (RecordName::lease(asking.tenant), asking.operation);
        let patience = Patience::begin(clock, limits);
        // A tenant that nobody knows has no lease yet, unless it had one before it was deleted.
        let mut asked = match asking.seen {
            None => leases.acquire_new(&name, operation).await,
            Some(_) => leases.acquire(&name, operation).await,
        };
        let lease = loop {
            match unless_held(asked)? {
                Some(lease) => break lease,
                None => patience.pause().await?,
            }
            asked = leases.acquire(&name, operation).await;
        };
        let (epoch, unsettled) = (lease.epoch, lease.unsettled.clone());
        let cancel = shutdown.child_token();
        let held = Arc::new(Mutex::new(vec![Held { lease, place: None }]));
        let ended = CancellationToken::new();
        let renewing = Renewing { leases: leases.clone(), held: Arc::clone(&held), ended: ended.clone() };
        let renewal = tokio::spawn(renewing.run(Arc::clone(clock), cancel.clone()));
        Ok(Self { leases: leases.clone(), held, renewal, ended, epoch, unsettled, cancel })
    }

    /// Takes one of the slots of a database instance as well: it takes few operations at once. First a place among this
    /// process's own runs, then the lease.
    pub(super) async fn take_slot(
        &self,
        slots: &Slots,
        clock: &Arc<dyn Clock>,
        limits: &Limits,
        database: &Tier,
        operation: OperationId,
    ) -> Result<(), CommandError> {
        let patience = Patience::begin(clock, limits);
        let mut place = tokio::select! {
            biased;
            () = self.cancel.cancelled() => return Err(CommandError::Busy { retry_after: BUSY }),
            place = slots.take(database, limits.runs_per_instance) => place,
            () = clock.sleep(patience.wait) => return Err(CommandError::Busy { retry_after: BUSY }),
        };
        loop {
            for _ in 0..limits.runs_per_instance.max(1) {
                let name = RecordName::slot(database, place.number);
                if let Some(mut lease) = unless_held(self.leases.acquire(&name, operation).await)? {
                    // Whose slot ran out is settled under their tenant's lease.
                    lease.unsettled.clear();
                    self.held.lock().await.push(Held { lease, place: Some(place) });
                    return Ok(());
                }
                place.pass_on();
            }
            patience.pause().await?;
        }
    }

    /// Says whether a tenant's lease still is the one that this is.
    pub(super) fn check(&self, tenant: &TenantId) -> StillHeld {
        StillHeld { leases: self.leases.clone(), name: RecordName::lease(tenant), epoch: self.epoch }
    }

    /// Everybody whose work was left is settled: nobody has to come back for them.
    pub(super) async fn settled(&self) {
        for held in self.held.lock().await.iter_mut() {
            held.lease.unsettled.clear();
        }
    }

    /// This operation's own work is left for whoever comes next.
    pub(super) async fn leave_unsettled(&self, operation: OperationId) {
        // The tenant's lease was taken first.
        if let Some(held) = self.held.lock().await.first_mut() {
            held.lease.unsettled.push(operation);
        }
    }

    /// Gives everything back.
    pub(super) async fn end(self) -> Result<(), StoreError> {
        // A renewal under way is awaited: aborted, it could leave a generation that we never learn of.
        self.ended.cancel();
        let _ = self.renewal.await;
        let held = std::mem::take(&mut *self.held.lock().await);
        give_back(&self.leases, held).await
    }

    /// Gives the slots back as soon as the run is over: somebody waits for them. The tenant's lease stays.
    pub(super) async fn end_of_run(&self) {
        let slots = self.held.lock().await.extract_if(.., |held| held.place.is_some()).collect();
        if let Err(error) = give_back(&self.leases, slots).await {
            tracing::warn!(%error, "a slot could not be given back and will run out");
        }
    }
}

async fn give_back(leases: &Leases, held: Vec<Held>) -> Result<(), StoreError> {
    let given_back = held.into_iter().map(|Held { lease, place }| async move {
        let released = leases.release(lease).await;
        drop(place);
        released
    });
    futures::future::join_all(given_back).await.into_iter().collect()
}

/// A lease as it was given out.
pub(super) struct StillHeld {
    leases: Leases,
    name: ObjectName,
    epoch: Epoch,
}

impl fmt::Debug for StillHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} under {}", self.name, self.epoch)
    }
}

#[async_trait]
impl LeaseCheck for StillHeld {
    async fn is_still_ours(&self) -> Result<bool, StoreError> {
        self.leases.is_still(&self.name, self.epoch).await
    }
}

/// The lease, or `None` where asking again later may help.
fn unless_held(asked: Result<Acquired, StoreError>) -> Result<Option<Lease>, CommandError> {
    match asked {
        Ok(Acquired::Mine(lease)) => Ok(Some(lease)),
        Ok(Acquired::Held(_)) => Ok(None),
        Err(error) if error.retryable() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// How long somebody waits for what another process holds.
struct Patience<'a> {
    clock: &'a Arc<dyn Clock>,
    wait: Duration,
    until: Timestamp,
}

impl<'a> Patience<'a> {
    fn begin(clock: &'a Arc<dyn Clock>, limits: &Limits) -> Self {
        let wait = Duration::from_secs(limits.wait_seconds);
        let until = clock.now().saturating_add(wait).unwrap_or(Timestamp::MAX);
        Self { clock, wait, until }
    }

    /// Until it is time to ask again; [`CommandError::Busy`] when it has taken too long.
    async fn pause(&self) -> Result<(), CommandError> {
        if self.clock.now() >= self.until {
            return Err(CommandError::Busy { retry_after: BUSY });
        }
        self.clock.sleep(POLL).await;
        Ok(())
    }
}

struct Renewing {
    leases: Leases,
    held: Arc<Mutex<Vec<Held>>>,
    ended: CancellationToken,
}

impl Renewing {
    /// Renews at a third of the term. A lease that somebody else has by now ends the work; a store that does not answer
    /// is asked again, and the lease runs out by itself if it never does.
    async fn run(self, clock: Arc<dyn Clock>, cancel: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = self.ended.cancelled() => return,
                () = clock.sleep(self.leases.term() / 3) => {}
            }
            for held in self.held.lock().await.iter_mut() {
                match self.leases.renew(&mut held.lease).await {
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
