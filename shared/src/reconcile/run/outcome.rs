//! Runs that did not succeed: what the status says, when it is tried again, and what the caller hears.

use std::time::Duration;

use jiff::Timestamp;

use super::super::decide::deletion_digest;
use super::super::recorder::Saying;
use super::super::watch::RunLog;
use super::{Before, End, Work};
use crate::digest::Digest;
use crate::exports::ExportError;
use crate::provision::{Applied, ChangeSummary, Diagnostic, ProvisionError, ResourceAddress};
use crate::records::{ConditionKind, Entry, Outcome, Phase, RetryRecord, Status, Truth};
use crate::tenants::CommandError;

/// By then the process that took over, or the next one, is there.
const AFTER_A_STOP: Duration = Duration::from_secs(5);

/// What a failed run means for the tenant: a pure reading of the error.
struct Reading {
    outcome: Outcome,
    reason: &'static str,
    condition: &'static str,
    message: String,
    changes: ChangeSummary,
    diagnostics: Vec<Diagnostic>,
    /// Whether the cloud may have been changed.
    touched: bool,
    /// Whether it may hold what no state knows of.
    unsaved: bool,
    /// Whether it says nothing of what was asked for.
    inconclusive: bool,
}

fn read(error: &ProvisionError, asked_to_stop: bool) -> Reading {
    let quiet = |outcome, reason, condition, touched| Reading {
        outcome,
        reason,
        condition,
        message: error.to_string(),
        changes: ChangeSummary::default(),
        diagnostics: Vec::new(),
        touched,
        unsaved: touched,
        inconclusive: error.retryable(),
    };
    match error {
        ProvisionError::Failed { diagnostics, changes, .. } => Reading {
            changes: changes.clone(),
            diagnostics: diagnostics.clone(),
            ..quiet(Outcome::Failed, "APPLY_FAILED", "ApplyFailed", true)
        },
        ProvisionError::Interrupted { changes } if !asked_to_stop => Reading {
            changes: changes.clone(),
            message: "the run took longer than a run may (limits.runSeconds) and was interrupted".to_owned(),
            // A revision that never gets ready takes all the time there is.
            inconclusive: false,
            ..quiet(Outcome::Failed, "TIMED_OUT", "TimedOut", true)
        },
        ProvisionError::Interrupted { changes } => {
            Reading { changes: changes.clone(), ..quiet(Outcome::Interrupted, "INTERRUPTED", "Interrupted", true) }
        }
        ProvisionError::Fenced { .. } => quiet(Outcome::Interrupted, "FENCED", "Fenced", true),
        ProvisionError::Locked(_) => quiet(Outcome::Failed, "WORKSPACE_LOCKED", "WorkspaceLocked", false),
        ProvisionError::Guarded { .. } | ProvisionError::NotApproved { .. } => {
            quiet(Outcome::Failed, "HELD", "Held", false)
        }
        ProvisionError::Store(_) => quiet(Outcome::Failed, "STORE_UNAVAILABLE", "StoreUnavailable", true),
        ProvisionError::Misconfigured(_) => quiet(Outcome::Failed, "MISCONFIGURED", "Misconfigured", true),
    }
}

impl Work<'_> {
    pub(super) async fn failed(
        &self,
        entry: &mut Entry,
        log: &RunLog,
        error: ProvisionError,
        wanted: Digest,
        before: Before,
    ) -> Result<Option<Status>, CommandError> {
        let reading = read(&error, self.tenure.cancel.is_cancelled());
        tracing::warn!(operation = %self.operation, reason = reading.reason, message = reading.message, "a run failed");
        let again = self.say_failed(&reading, wanted, before).await?;
        let message = format!("{}; tried again after {again}", reading.message);
        let end = End {
            outcome: reading.outcome,
            reason: Some(reading.reason),
            message: message.clone(),
            changes: reading.changes,
            diagnostics: reading.diagnostics.clone(),
        };
        self.close(entry, log, end).await?;
        Err(match error {
            ProvisionError::Locked(holder) => CommandError::Locked(holder),
            ProvisionError::Store(error) => CommandError::Store(error),
            ProvisionError::Misconfigured(message) => CommandError::Misconfigured(message),
            _ if reading.outcome == Outcome::Interrupted => {
                CommandError::Interrupted { operation: self.operation, retry_after: AFTER_A_STOP }
            }
            _ => CommandError::Failed {
                message,
                diagnostics: reading.diagnostics,
                operation: self.operation,
                retried: true,
            },
        })
    }

    pub(super) async fn not_serving(
        &self,
        entry: &mut Entry,
        log: &RunLog,
        applied: Applied,
        wanted: Digest,
        why: String,
    ) -> Result<Status, CommandError> {
        let reading = Reading {
            outcome: Outcome::Failed,
            reason: "NOT_SERVING",
            condition: "NotServing",
            message: why,
            changes: applied.changes,
            diagnostics: Vec::new(),
            touched: true,
            unsaved: false,
            inconclusive: false,
        };
        self.ended_badly(entry, log, reading, wanted, Before { in_doubt: true, unsaved: false }).await
    }

    /// Nothing is destroyed of which there is no export, unless somebody says so.
    pub(super) async fn not_exported(
        &self,
        entry: &mut Entry,
        log: &RunLog,
        error: &ExportError,
        before: Before,
    ) -> Result<Option<Status>, CommandError> {
        let message = format!("{error}; nothing was destroyed. Delete with force to go without an export");
        self.not_buried(entry, log, ("EXPORT_FAILED", "ExportFailed", message), before).await
    }

    /// Nothing is destroyed as long as a part of it would be left, unless somebody says so.
    pub(super) async fn not_taken_over(
        &self,
        entry: &mut Entry,
        log: &RunLog,
        addresses: &[ResourceAddress],
        before: Before,
    ) -> Result<Option<Status>, CommandError> {
        let listed = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let message = format!(
            "an interrupted run made {listed}, and how is no longer known; nothing was destroyed. Remove it by hand, or \
             delete with force to leave it"
        );
        self.not_buried(entry, log, ("LEFTOVERS", "Leftovers", message), before).await
    }

    /// `said`: reason, condition's reason, message.
    async fn not_buried(
        &self,
        entry: &mut Entry,
        log: &RunLog,
        said: (&'static str, &'static str, String),
        before: Before,
    ) -> Result<Option<Status>, CommandError> {
        let (reason, condition, message) = said;
        let reading = Reading {
            outcome: Outcome::Failed,
            reason,
            condition,
            message,
            changes: ChangeSummary::default(),
            diagnostics: Vec::new(),
            touched: false,
            unsaved: true,
            inconclusive: false,
        };
        self.ended_badly(entry, log, reading, deletion_digest(), before).await.map(Some)
    }

    async fn ended_badly(
        &self,
        entry: &mut Entry,
        log: &RunLog,
        reading: Reading,
        wanted: Digest,
        before: Before,
    ) -> Result<Status, CommandError> {
        let again = self.say_failed(&reading, wanted, before).await?;
        let message = format!("{}; looked at again after {again}", reading.message);
        let end = End {
            outcome: reading.outcome,
            reason: Some(reading.reason),
            message: message.clone(),
            changes: reading.changes,
            diagnostics: Vec::new(),
        };
        self.close(entry, log, end).await?;
        Err(CommandError::Failed { message, diagnostics: Vec::new(), operation: self.operation, retried: true })
    }

    /// Writes the failure on the status, and says when it is tried again.
    async fn say_failed(&self, reading: &Reading, wanted: Digest, before: Before) -> Result<Timestamp, CommandError> {
        let now = self.ports.clock.now();
        let mut again = now;
        let say = |status: &mut Status| {
            let earlier = status.retry.as_ref().map_or(0, |retry| retry.failures);
            // Being stopped is no failure: whoever comes next goes on at once.
            let interrupted = reading.outcome == Outcome::Interrupted;
            let failures = if interrupted { earlier } else { earlier.saturating_add(1) };
            let after = if interrupted { Duration::ZERO } else { self.ports.platform.retry.after(failures) };
            again = now.saturating_add(after).unwrap_or(Timestamp::MAX);
            status.retry =
                Some(RetryRecord { failures, wanted, not_before: again, inconclusive: reading.inconclusive });
            status.phase = Phase::Failed;
            status.in_doubt = reading.touched || before.in_doubt;
            status.unsaved = before.unsaved || (status.unsaved && reading.unsaved);
            let generation = status.observed_generation;
            let mut say = Saying { status, now, generation };
            say.that(ConditionKind::Applied, Truth::False, reading.condition, reading.message.clone());
            say.that(ConditionKind::Ready, Truth::False, reading.condition, reading.message.clone());
        };
        self.settle(say).await?;
        Ok(again)
    }
}
