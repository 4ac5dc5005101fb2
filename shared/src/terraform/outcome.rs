//! What a run came to: pure, from how the process ended, what it said and what the gateway saw.

use super::process::Exit;
use super::session::Facts;
use super::transcript::Transcript;
use crate::operation::OperationId;
use crate::provision::{Applied, Diagnostic, ProvisionError, ResourceAddress};

/// Said of a resource with `prevent_destroy` that a plan would destroy: by Terraform, and by `OpenTofu`.
const GUARD: [&str; 2] = ["Instance cannot be destroyed", "Resource instance cannot be destroyed"];

/// What Terraform and go-plugin say of a provider whose process died: it does not answer, or was gone before it had said a
/// word. Whatever else a run complains of then may have come of that.
const DIED: [&str; 7] = [
    "plugin did not respond",
    "request cancelled",
    "request was cancelled",
    "plugin returned an unexpected error",
    "failed to instantiate provider",
    "failed to read any lines from plugin's stdout",
    "plugin exited before we could connect",
];

/// What clouds and networks say when the same call may succeed later, in lower case. Cloud SQL takes one operation at
/// a time on an instance; quotas are by the minute; a saved plan goes stale when another run was faster.
const LATER: [&str; 22] = [
    "operationinprogress",
    "operation in progress",
    "operation was already in progress",
    "another operation is in progress",
    "too many operations",
    "ratelimitexceeded",
    "rate limit exceeded",
    "quota exceeded for quota metric",
    "resource_exhausted",
    "error 429",
    "error 500",
    "error 502",
    "error 503",
    "error 504",
    "backenderror",
    "connection reset",
    "connection refused",
    "i/o timeout",
    "tls handshake timeout",
    "timeout while waiting",
    "context deadline exceeded",
    "saved plan is stale",
];

/// How the engine's own work after the process ended.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Aftermath {
    /// The process could not save its state; the engine could.
    pub(super) rescued: bool,
}

/// The outcome of a run that plans and changes.
pub(super) fn judge(
    operation: OperationId,
    exit: Exit,
    transcript: Transcript,
    facts: Facts,
    aftermath: Aftermath,
) -> Result<Applied, ProvisionError> {
    if facts.fenced {
        return Err(ProvisionError::Fenced { operation });
    }
    if exit.success {
        return Ok(Applied { changes: transcript.planned(), outputs: transcript.outputs });
    }
    if !facts.orphaned.is_empty() {
        return Err(ProvisionError::Guarded { addresses: facts.orphaned });
    }
    if exit.stopped {
        return Err(ProvisionError::Interrupted { changes: transcript.done() });
    }
    if let Some(holder) = facts.held_by {
        return Err(ProvisionError::Locked(holder));
    }
    if let Some(error) = facts.store {
        return Err(ProvisionError::Store(error));
    }
    let addresses = guarded(&transcript.errors);
    if !addresses.is_empty() {
        return Err(ProvisionError::Guarded { addresses });
    }
    let changes = transcript.done();
    let diagnostics = transcript.into_errors();
    let died = exit.killed || diagnostics.iter().any(|error| says(error, &DIED));
    let transient = aftermath.rescued || died || diagnostics.iter().all(|error| says(error, &LATER));
    Err(ProvisionError::Failed { diagnostics, changes, transient })
}

/// Which resources the guard protected.
fn guarded(errors: &[Diagnostic]) -> Vec<ResourceAddress> {
    let mut addresses: Vec<ResourceAddress> =
        errors.iter().filter(|error| GUARD.contains(&error.summary.as_str())).map(protected).collect();
    addresses.sort();
    addresses.dedup();
    addresses
}

/// The diagnostic has no address field: its text names the resource ('Resource X has …', 'Resource instance X has …').
fn protected(error: &Diagnostic) -> ResourceAddress {
    let in_text = || {
        let (before, _) = error.detail.split_once(" has ")?;
        Some(ResourceAddress::new(before.strip_prefix("Resource ")?.trim_start_matches("instance ")))
    };
    error.address.clone().or_else(in_text).unwrap_or_else(|| ResourceAddress::new("a stateful resource"))
}

fn says(error: &Diagnostic, words: &[&str]) -> bool {
    let text = format!("{}\n{}", error.summary, error.detail).to_ascii_lowercase();
    words.iter().any(|said| text.contains(said))
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
