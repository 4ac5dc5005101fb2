//! The one mapping from what the core says went wrong to what is answered.

use std::time::Duration;

use super::{Kind, Problem, kinds};
use crate::http::links;
use crate::operation::OperationId;
use crate::provision::{Diagnostic, LockHolder};
use crate::records::Hold;
use crate::rollout::Refused;
use crate::store::StoreError;
use crate::tenant::{Problems, Reason, TenantId};
use crate::tenants::CommandError;

/// When to come back after a store did not answer, or while a person holds a lock: nobody can know, so not at once.
const SOON: Duration = Duration::from_secs(10);
const AFTER_A_PERSON: Duration = Duration::from_mins(1);

impl Problem {
    /// What a command about `tenant` failed with. `None`: the request did not name one, so operations of `POST /tenants`
    /// are given by id alone.
    pub fn of_command(error: CommandError, tenant: Option<&TenantId>) -> Self {
        let detail = error.to_string();
        let retryable = error.retryable();
        match error {
            CommandError::Invalid(problems) => Self::of_definition(problems),
            CommandError::AlreadyExists(id) => {
                let path = links::tenant(&id);
                Self::new(kinds::ALREADY_EXISTS, detail).with("tenant", id).with("tenantUrl", path)
            }
            CommandError::NotFound(id) => Self::new(kinds::TENANT_NOT_FOUND, detail).with("tenant", id),
            CommandError::NothingKept { tenant, days } => {
                Self::new(kinds::NOTHING_KEPT, detail).with("tenant", tenant).with("keptDays", days)
            }
            CommandError::NameMismatch { asked, named } => {
                Self::new(kinds::NAME_MISMATCH, detail).with("asked", asked).with("named", named)
            }
            CommandError::Stale { current } => {
                Self::new(kinds::PRECONDITION_FAILED, detail).with("currentGeneration", current)
            }
            CommandError::Conflict { names } => {
                Self::new(kinds::CONFLICTING_DEFINITIONS, detail).with("objects", names)
            }
            CommandError::Protected(id) => Self::new(kinds::DELETION_PROTECTED, detail).with("tenant", id),
            CommandError::NotHeld { asked, waits, .. } => {
                let problem = Self::new(kinds::NOT_HELD, detail).with("asked", asked);
                waits.into_iter().fold(problem, |problem, waits| problem.with("digest", waits))
            }
            CommandError::Rollout(Refused::None) => Self::new(kinds::ROLLOUT_NOT_FOUND, detail),
            CommandError::Rollout(Refused::State(state, _)) => {
                Self::new(kinds::ROLLOUT_REFUSED, detail).with("state", state)
            }
            CommandError::Held { hold, operation } => held(detail, *hold, operation, tenant),
            CommandError::Failed { diagnostics, operation, retried, .. } => {
                failed(detail, diagnostics, operation, tenant).with("retriedBySweep", retried).retryable(retried)
            }
            CommandError::Locked(holder) => locked(detail, &holder),
            CommandError::Interrupted { operation, retry_after } => {
                Self::new(kinds::INTERRUPTED, detail).on_operation(operation, tenant).retry_after(retry_after)
            }
            CommandError::Crowded { tenant, retry_after } => {
                Self::new(kinds::TENANT_CROWDED, detail).with("tenant", tenant).retry_after(retry_after)
            }
            CommandError::Busy { retry_after } => Self::new(kinds::BUSY, detail).retry_after(retry_after),
            CommandError::Store(error) => Self::from(error),
            CommandError::Misconfigured(_) => Self::new(kinds::MISCONFIGURED, detail).retryable(retryable),
        }
    }

    /// What is wrong with a definition: 400 when it could not be read at all, 413 when nobody tried, 422 when it could be
    /// read and says something that cannot be.
    pub fn of_definition(problems: Problems) -> Self {
        let is = |reason| problems.iter().any(|problem| problem.reason == reason);
        let unreadable = [Reason::Syntax, Reason::NotUtf8, Reason::NotOneDocument].into_iter().any(is);
        let kind: &'static Kind = match problems.iter().next().map(|problem| problem.reason) {
            Some(Reason::TooLarge) => kinds::BODY_TOO_LARGE,
            _ if unreadable => kinds::MALFORMED_DEFINITION,
            _ => kinds::INVALID_DEFINITION,
        };
        let count = problems.iter().count();
        let detail = match count {
            1 => "one problem; nothing was stored".to_owned(),
            _ => format!("{count} problems; nothing was stored"),
        };
        Self::new(kind, detail).with_errors(problems)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let detail = error.to_string();
        match error {
            // Every writer of the core reads again and decides anew; one that still loses has met very many others.
            StoreError::PreconditionFailed { .. } => Self::new(kinds::BUSY, detail).retry_after(SOON),
            StoreError::Unavailable { .. } => Self::new(kinds::STORE_UNAVAILABLE, detail).retry_after(SOON),
            StoreError::Unusable { bucket, .. } => {
                Self::new(kinds::STORE_UNUSABLE, detail).retryable(false).with("bucket", bucket)
            }
            StoreError::Corrupt { name, .. } => {
                Self::new(kinds::RECORD_CORRUPT, detail).retryable(false).with("object", name)
            }
            StoreError::InvalidPageToken => Self::new(kinds::INVALID_PAGE_TOKEN, detail),
        }
    }
}

/// When the sender of an event or a task should come back; `None` when that cannot help. A dependency that failed is worth
/// another delivery whatever is wrong with it: somebody mends a bucket or a role while the event is still kept.
pub(in crate::http) fn retry_later(error: &CommandError) -> Option<Duration> {
    match error {
        CommandError::Locked(_) => Some(AFTER_A_PERSON),
        CommandError::Interrupted { retry_after, .. }
        | CommandError::Crowded { retry_after, .. }
        | CommandError::Busy { retry_after } => Some(*retry_after),
        CommandError::Store(
            StoreError::Unavailable { .. } | StoreError::PreconditionFailed { .. } | StoreError::Unusable { .. },
        )
        | CommandError::Misconfigured(_) => Some(SOON),
        CommandError::Store(StoreError::Corrupt { .. } | StoreError::InvalidPageToken)
        | CommandError::Invalid(_)
        | CommandError::AlreadyExists(_)
        | CommandError::NotFound(_)
        | CommandError::NothingKept { .. }
        | CommandError::NameMismatch { .. }
        | CommandError::Stale { .. }
        | CommandError::Conflict { .. }
        | CommandError::Protected(_)
        | CommandError::Held { .. }
        | CommandError::NotHeld { .. }
        | CommandError::Rollout(_)
        | CommandError::Failed { .. } => None,
    }
}

fn held(detail: String, hold: Hold, operation: OperationId, tenant: Option<&TenantId>) -> Problem {
    Problem::new(kinds::HELD, detail)
        .with("digest", hold.digest)
        .with("changes", hold.changes)
        .on_operation(operation, tenant)
}

fn failed(detail: String, diagnostics: Vec<Diagnostic>, operation: OperationId, tenant: Option<&TenantId>) -> Problem {
    Problem::new(kinds::APPLY_FAILED, detail).with("diagnostics", diagnostics).on_operation(operation, tenant)
}

fn locked(detail: String, holder: &LockHolder) -> Problem {
    Problem::new(kinds::WORKSPACE_LOCKED, detail)
        .with("lockedBy", &holder.who)
        .with("lockedSince", &holder.since)
        .retry_after(AFTER_A_PERSON)
}

impl Problem {
    fn on_operation(self, operation: OperationId, tenant: Option<&TenantId>) -> Self {
        let problem = self.with("operation", operation);
        match tenant {
            Some(tenant) => problem.with("operationUrl", links::operation(tenant, operation)),
            None => problem,
        }
    }
}

#[cfg(test)]
mod tests;
