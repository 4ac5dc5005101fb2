//! One tenant, brought to its definition: take its turn and its lease, observe, decide, and carry out, until there is
//! nothing more to decide.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Mutex;
use tracing::Instrument as _;
use tracing::field::Empty;

use super::admission::{Admissions, Admitted, Refusal, Room};
use super::decide::{Action, Idle, PluginStep};
use super::look::look;
use super::observe::Observation;
use super::ports::Ports;
use super::queued::{self, close_without_run};
use super::rates::RateLines;
use super::recorder::record;
use super::rolling::Announcement;
use super::run::Work;
use super::slots::Slots;
use super::tenure::{Asking, Tenure};
use super::turns::Turns;
use crate::operation::OperationId;
use crate::records::{RecordName, Status};
use crate::store::StoreError;
use crate::tenant::TenantId;
use crate::tenants::{Caller, CommandError, DefinitionView};

/// A recovery and a restore each lead to a new decision; more than a few in a row mean that something else writes too.
const MOST_DECISIONS: usize = 6;
/// An apply leads to plugins, those to another apply, and that to a look at what came of it; the worst goes back again.
const MOST_RUNS: usize = 8;
const BUSY: Duration = Duration::from_secs(5);

/// Brings tenants to their definitions.
#[derive(Clone)]
pub struct Reconciler {
    shared: Arc<Shared>,
}

struct Shared {
    ports: Ports,
    /// Those that ask.
    requests: Admissions,
    turns: Turns,
    slots: Slots,
    announcement: Announcement,
    rate_lines: RateLines,
}

/// What a reconcile came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Reconciled {
    /// The last thing that was decided.
    pub action: Action,
    /// The operation that carried it out, where one was needed.
    pub operation: Option<OperationId>,
    /// The definition it was decided on; `None` where there is none that can be used, or none any more.
    pub definition: Option<DefinitionView>,
    /// The status afterwards; `None` for a tenant that is gone.
    pub status: Option<Status>,
}

/// How pressing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insist {
    /// A hint: backoff and holds stand.
    No,
    /// Somebody asked for it now: a failed apply is tried at once, a held plan is made again.
    Yes,
}

impl Reconciler {
    /// A reconciler over these ports.
    pub fn new(ports: Ports) -> Self {
        let (requests, turns, slots) = (Admissions::default(), Turns::default(), Slots::default());
        let (rate_lines, announcement) = (RateLines::default(), Announcement::default());
        Self { shared: Arc::new(Shared { ports, requests, turns, slots, announcement, rate_lines }) }
    }

    /// Says which module this process holds, so that a rollout of it can begin before anybody asks for anything.
    pub async fn announce(&self) {
        self.shared.announcement.make(&self.shared.ports).await;
    }

    /// What it works with.
    pub fn ports(&self) -> &Ports {
        &self.shared.ports
    }

    /// Lets a request on a tenant in, as long as it is kept: [`CommandError::Crowded`] where too many on this tenant are in,
    /// [`CommandError::Busy`] where too many are in all. Whoever reconciles at somebody's request asks here first.
    pub fn admit(&self, caller: &Caller, tenant: &TenantId) -> Result<Admitted, CommandError> {
        let limits = &self.shared.ports.platform.limits;
        let room = Room { all: limits.requests, tenant: limits.requests_per_tenant };
        self.shared.requests.admit(&caller.principal, tenant, room).map_err(|refusal| match refusal {
            Refusal::Crowded => CommandError::Crowded { tenant: tenant.clone(), retry_after: BUSY },
            Refusal::Full => CommandError::Busy { retry_after: BUSY },
        })
    }

    /// Brings one tenant to its definition. Goes on to its end when the caller stops listening: a run that has begun is
    /// finished, not abandoned.
    pub async fn reconcile(
        &self,
        caller: &Caller,
        tenant: &TenantId,
        insist: Insist,
    ) -> Result<Reconciled, CommandError> {
        let span = tracing::info_span!("reconcile", tenant = %tenant);
        let (reconciler, caller, tenant) = (self.clone(), caller.clone(), tenant.clone());
        let work = async move { reconciler.take_turn(&caller, &tenant, insist).await };
        tokio::spawn(work.instrument(span))
            .await
            .unwrap_or_else(|stopped| Err(CommandError::Misconfigured(format!("the reconcile stopped: {stopped}"))))
    }

    async fn take_turn(&self, caller: &Caller, tenant: &TenantId, insist: Insist) -> Result<Reconciled, CommandError> {
        let ports = &self.shared.ports;
        let wait = Duration::from_secs(ports.platform.limits.wait_seconds);
        let turn = tokio::select! {
            // Who is asked to stop begins nothing new.
            biased;
            () = ports.shutdown.cancelled() => return Err(CommandError::Busy { retry_after: BUSY }),
            turn = self.shared.turns.take(tenant) => turn,
            () = ports.clock.sleep(wait) => return Err(CommandError::Busy { retry_after: BUSY }),
        };
        // Boxed: it holds one run after the other.
        let done = Box::pin(self.runs(caller, tenant, insist)).await;
        drop(turn);
        done
    }

    /// One run after the other, each an operation of its own, until there is none that follows from the last.
    async fn runs(&self, caller: &Caller, tenant: &TenantId, insist: Insist) -> Result<Reconciled, CommandError> {
        let ports = &self.shared.ports;
        let began = ports.clock.now();
        let lease = RecordName::lease(tenant);
        let (left, looked, ()) = tokio::join!(
            ports.leases.abandoned(&lease),
            look(ports, tenant, None, None, insist),
            self.shared.announcement.make(ports),
        );
        let (observation, action) = looked?;
        let mut last = action.clone();
        let mut done = if left?.is_some() || action.needs_run() {
            self.under_lease(caller, tenant, &observation, insist).await
        } else {
            let asked = observation.status.as_ref().and_then(|status| status.value.queued);
            Box::pin(self.carry_out_without_run(tenant, action, &observation, asked, caller)).await
        };
        let mut goes_on = leads_on(&done);
        for _ in 0..MOST_RUNS {
            if !goes_on || ports.shutdown.is_cancelled() {
                break;
            }
            let (observation, next) = look(ports, tenant, None, None, Insist::No).await?;
            let follows = follows(&last, &next, done.is_ok()) && !observation.is_moved();
            if !follows || (is_new(&next) && self.is_late(began)) {
                break;
            }
            let ran = self.under_lease(caller, tenant, &observation, Insist::No).await;
            (goes_on, last) = (leads_on(&ran), next);
            done = both(done, ran);
        }
        done
    }

    /// New plugins are begun only while there is time to see them through; the sweep comes back to them.
    fn is_late(&self, began: Timestamp) -> bool {
        let ports = &self.shared.ports;
        let half = ports.platform.limits.run_seconds.div_ceil(2);
        ports.clock.now().duration_since(began).as_secs() >= half.cast_signed()
    }

    async fn carry_out_without_run(
        &self,
        tenant: &TenantId,
        action: Action,
        observation: &Observation,
        asked: Option<OperationId>,
        caller: &Caller,
    ) -> Result<Reconciled, CommandError> {
        let ports = &self.shared.ports;
        if let Action::Noop(_) = action {
            let status = observation.status.as_ref().map(|status| status.value.clone());
            let operation = close_without_run(ports, tenant, asked, &action).await?;
            return Ok(Reconciled { action, operation, definition: observation.view(), status });
        }
        let status = record(&ports.statuses, tenant, &action, observation, ports.clock.now()).await?.value;
        match action {
            Action::Restore => return self.under_lease(caller, tenant, observation, Insist::No).await,
            // What was asked for may be the plugins alone: then its operation is theirs.
            Action::Acknowledge => {
                let (observation, next) = look(ports, tenant, Some(observation), None, Insist::No).await?;
                if let Action::Plugins(_) = next {
                    return self.under_lease(caller, tenant, &observation, Insist::No).await;
                }
            }
            _ => {}
        }
        let operation = close_without_run(ports, tenant, asked, &action).await?;
        Ok(Reconciled { action, operation, definition: observation.view(), status: Some(status) })
    }

    async fn under_lease(
        &self,
        caller: &Caller,
        tenant: &TenantId,
        before: &Observation,
        insist: Insist,
    ) -> Result<Reconciled, CommandError> {
        let ports = &self.shared.ports;
        let seen = before.status.as_ref();
        // What is asked for after this look gets a run of its own.
        let asked = match seen.and_then(|status| status.value.queued) {
            Some(asked) => queued::still_waiting(ports, tenant, asked).await?,
            None => None,
        };
        let operation = asked.unwrap_or_else(|| ports.ids.next(ports.clock.now()));
        let asking = Asking { tenant, operation, seen };
        let tenure = Tenure::begin(&ports.leases, &ports.clock, &ports.platform.limits, asking, &ports.shutdown);
        let tenure = tenure.instrument(tracing::info_span!("lease", %operation)).await?;
        let was_queued = asked.is_some();
        let Shared { slots, rate_lines, .. } = self.shared.as_ref();
        let work = Work {
            ports,
            slots,
            rate_lines,
            tenure: &tenure,
            caller,
            tenant,
            operation,
            was_queued,
            seen: Mutex::default(),
            open: AtomicBool::new(false),
        };
        let span = tracing::info_span!("operation", %operation, kind = Empty, generation = Empty, outcome = Empty);
        let done = match self.taken(tenant, asked).await {
            Ok(true) => {
                let insist = if was_queued { Insist::Yes } else { insist };
                self.decide_and_do(&work, before, insist).instrument(span).await
            }
            Ok(false) => Err(CommandError::Busy { retry_after: BUSY }),
            Err(error) => Err(error.into()),
        };
        // Whatever fails from here on, the lease comes to its end: renewed by nobody's leave, it would never run out.
        let waits_again = match (asked, &done) {
            (Some(asked), Err(_)) => queued::put_back(ports, tenant, asked).await.is_ok(),
            _ => true,
        };
        if !waits_again || !work.is_settled() || matches!(done, Err(CommandError::Store(_))) {
            tenure.leave_unsettled(operation).await;
        }
        // A lease that cannot be given back runs out by itself; what was done stands all the same.
        if let Err(error) = tenure.end().await {
            tracing::warn!(%error, "a lease could not be given back and will run out");
        }
        done
    }

    /// Takes what was asked for off the status, before anything is looked at: what is asked for from now on is not served
    /// by this run.
    async fn taken(&self, tenant: &TenantId, asked: Option<OperationId>) -> Result<bool, StoreError> {
        match asked {
            Some(asked) => queued::take(&self.shared.ports, tenant, asked).await,
            None => Ok(true),
        }
    }

    async fn decide_and_do(
        &self,
        work: &Work<'_>,
        before: &Observation,
        insist: Insist,
    ) -> Result<Reconciled, CommandError> {
        let mut left = work.tenure.unsettled.iter().copied();
        let mut interrupted = left.next();
        for _ in 0..MOST_DECISIONS + work.tenure.unsettled.len() {
            let (observation, action) = look(work.ports, work.tenant, Some(before), interrupted, insist).await?;
            work.saw(&observation).await;
            match action {
                Action::Recover(operation) => {
                    work.recover(operation).await?;
                    interrupted = left.next();
                    if interrupted.is_none() {
                        work.tenure.settled().await;
                    }
                }
                Action::Restore | Action::Acknowledge => {
                    let now = work.ports.clock.now();
                    record(&work.ports.statuses, work.tenant, &action, &observation, now).await?;
                }
                action if action.needs_run() => return work.run(action, &observation).await,
                action => {
                    return Box::pin(self.carry_out_without_run(
                        work.tenant,
                        action,
                        &observation,
                        Some(work.operation),
                        work.caller,
                    ))
                    .await;
                }
            }
        }
        Err(CommandError::Busy { retry_after: BUSY })
    }
}

/// Whether another run may follow from what was done: also one that puts right what failed.
const fn leads_on(done: &Result<Reconciled, CommandError>) -> bool {
    match done {
        Ok(done) => matches!(done.action, Action::Apply(_) | Action::Plugins(_)),
        Err(CommandError::Failed { .. }) => true,
        Err(_) => false,
    }
}

/// Whether an action is part of what is under way. After a failure that is only what puts it right.
fn follows(last: &Action, next: &Action, well: bool) -> bool {
    match next {
        Action::Apply(_) => well || *last == Action::Plugins(PluginStep::TakeBack),
        Action::Plugins(PluginStep::TakeBack) => true,
        Action::Plugins(PluginStep::Install(_) | PluginStep::Verify) => well,
        _ => false,
    }
}

const fn is_new(action: &Action) -> bool {
    matches!(action, Action::Plugins(PluginStep::Install(_)))
}

/// Two runs as one: what failed first is what is told. A second that could not begin takes nothing from the first.
fn both(
    first: Result<Reconciled, CommandError>,
    next: Result<Reconciled, CommandError>,
) -> Result<Reconciled, CommandError> {
    match (first, next) {
        (Err(error), _) | (Ok(_), Err(error @ (CommandError::Failed { .. } | CommandError::Held { .. }))) => Err(error),
        (Ok(first), Ok(next)) => Ok(Reconciled { status: next.status, ..first }),
        (Ok(first), Err(error)) => {
            tracing::info!(%error, "what follows is left to the sweep");
            Ok(first)
        }
    }
}

impl Reconciled {
    /// Whether nothing was to do, and nothing was done.
    pub const fn was_as_defined(&self) -> bool {
        matches!(self.action, Action::Noop(Idle::AsDefined))
    }
}
