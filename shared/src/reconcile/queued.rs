//! Operations that somebody asked for and that wait for their turn. One at a time stands on the tenant's status; whoever
//! works on the tenant takes it from there before looking at what should be, so that it ends with what came of the request.

use jiff::SignedDuration;

use super::decide::{Action, Idle};
use super::ports::Ports;
use crate::operation::OperationId;
use crate::records::{Operation, Outcome, Status};
use crate::store::StoreError;
use crate::tenant::TenantId;

/// An operation that is in no journal for so long has nobody any more who would write it there.
const A_MOMENT: SignedDuration = SignedDuration::from_secs(60);

/// The operation that waits for this tenant. One whose process died between ending it and saying so waits no longer.
pub(super) async fn waiting(ports: &Ports, tenant: &TenantId) -> Result<Option<OperationId>, StoreError> {
    let status = ports.statuses.read(tenant).await?;
    match status.and_then(|status| status.value.queued) {
        Some(asked) => still_waiting(ports, tenant, asked).await,
        None => Ok(None),
    }
}

/// The same for the operation that the status names.
pub(super) async fn still_waiting(
    ports: &Ports,
    tenant: &TenantId,
    asked: OperationId,
) -> Result<Option<OperationId>, StoreError> {
    match ports.journal.find(tenant, asked).await? {
        Some(entry) if entry.operation.outcome == Outcome::Queued => return Ok(Some(asked)),
        // Whoever asks writes it down after it stands on the status: it is about to wait.
        None if ports.clock.now().duration_since(asked.made()) < A_MOMENT => return Ok(None),
        _ => {}
    }
    take(ports, tenant, asked).await?;
    // It may have been written down between the two calls above, by a process that got no time to run in until then: what
    // that one looked for afterwards was still there, and is not any more.
    let waits = put_back(ports, tenant, asked).await?;
    Ok(waits.then_some(asked))
}

/// Takes an operation that waits; `false` if somebody else did.
pub(super) async fn take(ports: &Ports, tenant: &TenantId, asked: OperationId) -> Result<bool, StoreError> {
    let mut taken = false;
    let take = |status: &mut Status| {
        taken = status.queued == Some(asked);
        status.queued = status.queued.filter(|queued| *queued != asked);
    };
    ports.statuses.update(tenant, take).await?;
    Ok(taken)
}

/// An operation that was taken, and whose work could not begin, waits again. Says whether it does.
pub(super) async fn put_back(ports: &Ports, tenant: &TenantId, asked: OperationId) -> Result<bool, StoreError> {
    let entry = ports.journal.find(tenant, asked).await?;
    if !entry.is_some_and(|entry| entry.operation.outcome == Outcome::Queued) {
        return Ok(false);
    }
    Ok(put(ports, tenant, asked).await? == asked)
}

/// Lets an operation wait for its turn; says which one to follow. It stands on the status before it is in the journal: an
/// entry that no status names would wait for ever.
pub(crate) async fn enqueue(ports: &Ports, operation: Operation) -> Result<OperationId, StoreError> {
    let (tenant, asked) = (operation.tenant.clone(), operation.id);
    // One that waits there by mistake is taken off first.
    waiting(ports, &tenant).await?;
    let waits = put(ports, &tenant, asked).await?;
    if waits != asked {
        // Written once, and ended already: between two writes nobody would name it.
        let mut served = operation;
        (served.outcome, served.finished) = (Outcome::Succeeded, Some(ports.clock.now()));
        served.message = served_by(waits);
        ports.journal.open(served).await?;
        return Ok(waits);
    }
    ports.journal.open(operation).await?;
    // Whoever looked between the two took for dead what was not written yet.
    put_back(ports, &tenant, asked).await?;
    Ok(waits)
}

/// Puts an operation on the status, unless another one already waits there: then that one serves both, and the later one
/// is told of the earlier. Says which one waits.
async fn put(ports: &Ports, tenant: &TenantId, asked: OperationId) -> Result<OperationId, StoreError> {
    let mut waits = asked;
    let join = |status: &mut Status| {
        waits = status.queued.unwrap_or(asked);
        status.queued = Some(waits);
        status.operation = Some(waits);
    };
    ports.statuses.update(tenant, join).await?;
    if waits != asked
        && let Some(mut mine) = ports.journal.find(tenant, asked).await?
    {
        let message = served_by(waits);
        ports.journal.close(&mut mine, Outcome::Succeeded, |operation| operation.message = message).await?;
    }
    Ok(waits)
}

fn served_by(other: OperationId) -> String {
    format!("operation {other} serves this one too")
}

/// Ends an operation that was asked for and turned out to need no run.
pub(super) async fn close_without_run(
    ports: &Ports,
    tenant: &TenantId,
    asked: Option<OperationId>,
    action: &Action,
) -> Result<Option<OperationId>, StoreError> {
    let Some(asked) = asked else { return Ok(None) };
    let Some(mut entry) = ports.journal.find(tenant, asked).await? else { return Ok(None) };
    if entry.operation.outcome != Outcome::Queued {
        return Ok(None);
    }
    let (outcome, reason, message) = verdict(action);
    let end = |operation: &mut Operation| {
        operation.reason = reason.map(str::to_owned);
        message.clone_into(&mut operation.message);
    };
    ports.journal.close(&mut entry, outcome, end).await?;
    if ports.statuses.read(tenant).await?.is_some_and(|status| status.value.queued == Some(asked)) {
        take(ports, tenant, asked).await?;
    }
    Ok(Some(asked))
}

/// What an action without a run means for who asked.
const fn verdict(action: &Action) -> (Outcome, Option<&'static str>, &'static str) {
    match action {
        Action::Noop(Idle::Rejected) | Action::Reject => {
            let message = "the definition cannot be used; the tenant's status says why";
            (Outcome::Failed, Some("INVALID_DEFINITION"), message)
        }
        Action::Noop(Idle::Waiting) | Action::Hold(_) => {
            (Outcome::Failed, Some("HELD"), "it waits for a person; the tenant's status says for what")
        }
        Action::Noop(Idle::Grace) | Action::Tombstone { .. } => {
            (Outcome::Failed, Some("DEFINITION_VANISHED"), "the definition vanished before its turn came")
        }
        Action::Noop(Idle::Backoff) => (
            Outcome::Failed,
            Some("APPLY_FAILED"),
            "the last run failed; the tenant's status says when it is tried again",
        ),
        Action::Noop(Idle::Suspended) | Action::Suspend => {
            (Outcome::Succeeded, None, "spec.suspend is true: recorded, nothing was touched")
        }
        Action::Noop(Idle::AsDefined | Idle::Unknown)
        | Action::Acknowledge
        | Action::Restore
        | Action::Recover(_)
        | Action::Apply(_)
        | Action::Plugins(_)
        | Action::CheckDrift
        | Action::Destroy(_)
        | Action::Forget(_) => (Outcome::Succeeded, None, "there was nothing to do"),
    }
}
