//! What came of work on tenants.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use tenancy::operation::OperationId;
use tenancy::provision::ChangeSummary;
use tenancy::records::{Operation, Outcome as Ended};
use tenancy::tenant::TenantId;

use crate::api::{ApiError, Problem};
use crate::exit::Exit;
use crate::output::{Table, Tone};

/// How work on one tenant ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Verdict {
    /// It is new.
    Created,
    /// It was changed.
    Updated,
    /// The newest versions of its plugins are locked and tried.
    Upgraded,
    /// It was as defined already.
    Unchanged,
    /// It is gone.
    Deleted,
    /// It was gone already.
    Absent,
    /// An operation does it; nobody waits for it.
    Started,
    /// The API refused it until somebody approves or allows it.
    Refused,
    /// It was left alone, since something else failed first.
    Skipped,
    /// It failed.
    Failed,
}

impl Verdict {
    /// As people and programs read it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Upgraded => "upgraded",
            Self::Unchanged => "unchanged",
            Self::Deleted => "deleted",
            Self::Absent => "absent",
            Self::Started => "started",
            Self::Refused => "refused",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }

    const fn tone(self) -> Tone {
        match self {
            Self::Created | Self::Updated | Self::Upgraded | Self::Deleted => Tone::Good,
            Self::Unchanged | Self::Absent => Tone::Plain,
            Self::Started | Self::Refused | Self::Skipped => Tone::Note,
            Self::Failed => Tone::Bad,
        }
    }
}

/// What came of the work on one tenant.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// The definition file, where one said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
    /// How it ended.
    pub(crate) result: Verdict,
    /// The operation that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<OperationId>,
    /// What it changed.
    #[serde(skip_serializing_if = "ChangeSummary::is_empty")]
    pub(crate) changes: ChangeSummary,
    /// For programs: why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// For people: why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    #[serde(skip)]
    exit: Exit,
}

impl Outcome {
    /// Work that ended well, without an operation so far.
    pub(crate) fn new(tenant: TenantId, file: Option<String>, result: Verdict) -> Self {
        let changes = ChangeSummary::default();
        Self { tenant, file, result, operation: None, changes, reason: None, message: None, next: None, exit: Exit::Ok }
    }

    /// The operation that does it goes on without us.
    pub(crate) fn by(self, operation: Option<OperationId>) -> Self {
        Self { operation, ..self }
    }

    /// As its operation ended.
    pub(crate) fn ended(self, operation: &Operation) -> Self {
        let done = Self { operation: Some(operation.id), changes: operation.changes.clone(), ..self };
        match operation.outcome {
            Ended::Succeeded if done.result == Verdict::Updated && done.changes.is_empty() => {
                Self { result: Verdict::Unchanged, ..done }
            }
            Ended::Succeeded => done,
            Ended::Queued | Ended::Running | Ended::Failed | Ended::Interrupted => done.stopped(operation),
        }
    }

    fn stopped(self, operation: &Operation) -> Self {
        let interrupted = operation.outcome == Ended::Interrupted;
        let reason =
            operation.reason.clone().unwrap_or_else(|| (if interrupted { "INTERRUPTED" } else { "FAILED" }).to_owned());
        let exit = match Exit::of_problem(&Problem { reason: reason.clone(), ..Problem::default() }) {
            Exit::Failed if interrupted => Exit::Unavailable,
            exit => exit,
        };
        let said = operation.diagnostics.first().map(|diagnostic| diagnostic.summary.clone());
        let message = if operation.message.is_empty() { said } else { Some(operation.message.clone()) };
        let next = match exit {
            Exit::Refused => "have the change approved, or apply the definition as it was before".to_owned(),
            _ => format!("read `tenantctl logs {} {}`", self.tenant, operation.id),
        };
        Self { result: verdict_of(exit), reason: Some(reason), message, next: Some(next), exit, ..self }
    }

    /// As the API refused it.
    pub(crate) fn refused(self, error: &ApiError) -> Self {
        let operation = match error {
            ApiError::Problem(problem) => problem.operation.or(self.operation),
            _ => self.operation,
        };
        let mut message = error.to_string();
        if let ApiError::Problem(problem) = error {
            for found in &problem.errors {
                let _ = write!(message, "; {found}");
            }
        }
        let exit = error.exit();
        let next = error.next().map(|next| next.replace("<TENANT>", self.tenant.as_str()));
        let reason = Some(error.reason().to_owned());
        Self { result: verdict_of(exit), operation, reason, message: Some(message), next, exit, ..self }
    }

    /// It was left alone, because its successor `other` is not there.
    pub(crate) fn kept_for(self, other: &TenantId) -> Self {
        let message = format!("kept, since '{other}', which takes its place, is not there yet");
        let next = format!("mend '{other}' and run the same command again");
        let reason = Some("SUCCESSOR_FAILED".to_owned());
        Self { reason, message: Some(message), next: Some(next), exit: Exit::Failed, ..self }
    }

    /// Whether it did not come to what was asked.
    pub(crate) fn is_bad(&self) -> bool {
        self.exit != Exit::Ok
    }
}

fn verdict_of(exit: Exit) -> Verdict {
    if exit == Exit::Refused { Verdict::Refused } else { Verdict::Failed }
}

/// What came of all of it, by tenant.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// One a tenant.
    pub(crate) items: Vec<Outcome>,
    /// How many ended how.
    pub(crate) summary: BTreeMap<Verdict, usize>,
}

impl Report {
    /// Sorted by tenant.
    pub(crate) fn new(mut items: Vec<Outcome>) -> Self {
        items.sort_by(|a, b| a.tenant.cmp(&b.tenant));
        let mut summary = BTreeMap::new();
        for item in &items {
            *summary.entry(item.result).or_insert(0) += 1;
        }
        Self { items, summary }
    }

    /// What the program ends with: one tenant's own code, or [`Exit::Partial`] for several.
    pub(crate) fn exit(&self) -> Exit {
        match self.items.as_slice() {
            [only] => only.exit,
            items if items.iter().any(Outcome::is_bad) => Exit::Partial,
            _ => Exit::Ok,
        }
    }

    /// For people.
    pub(crate) fn table(&self) -> Table {
        let mut table = Table::new(&["TENANT", "RESULT", "CHANGES", "OPERATION", "REASON"]);
        for item in &self.items {
            let operation = item.operation.map_or_else(String::new, |operation| operation.to_string());
            let cells = [
                item.tenant.to_string(),
                item.result.word().to_owned(),
                done(&item.changes),
                operation,
                item.reason.clone().unwrap_or_default(),
            ];
            table.row(item.result.tone(), cells);
        }
        table
    }

    /// What went wrong and what to do about it, a paragraph a tenant.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let complaint = |item: &Outcome| {
            let message = item.message.as_deref().unwrap_or("it did not say why");
            let next = item.next.as_ref().map_or_else(String::new, |next| format!("\n  next: {next}"));
            format!("{}: {message}{next}", item.tenant)
        };
        self.items.iter().filter(|item| item.is_bad()).map(complaint).collect()
    }

    /// `1 created, 2 failed`.
    pub(crate) fn in_short(&self) -> String {
        let parts: Vec<String> =
            self.summary.iter().map(|(verdict, count)| format!("{count} {}", verdict.word())).collect();
        if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") }
    }
}

/// `2 to create` as something that was done.
fn done(changes: &ChangeSummary) -> String {
    if changes.is_empty() { "-".to_owned() } else { changes.to_string().replace(" to ", " ") }
}
