//! `logs`: an operation's log, as it grows if that is wanted.

use std::time::Duration;

use serde_json::Value;
use tenancy::operation::OperationId;
use tenancy::records::Operation;
use tenancy::tenant::TenantId;

use super::Context;
use crate::api::ApiError;
use crate::exit::{Exit, Failure};
use crate::output::print;

/// How many operations the latest one with a log is looked for among.
const RECENT: &str = "20";
const BETWEEN: Duration = Duration::from_millis(700);

pub(super) async fn run(
    tenant: &TenantId,
    operation: Option<OperationId>,
    follow: bool,
    context: &Context<'_>,
) -> Result<Exit, Failure> {
    let operation = match operation {
        Some(operation) => operation,
        None => latest(tenant, context).await?,
    };
    if !follow {
        print(&context.api.log(tenant, operation).await?)?;
        return Ok(Exit::Ok);
    }
    let progress = context.output.progress();
    let mut printed = 0;
    loop {
        // First how it stands, then the log: what was written before the end is in it.
        let ended = context.api.operation(tenant, operation).await?.value;
        let log = so_far(context.api.log(tenant, operation).await)?;
        print(log.get(printed..).unwrap_or_default())?;
        printed = log.len().max(printed);
        // The log grows by the second or two; the steps say where it is before there is one.
        if let Some(step) = ended.steps.last() {
            progress.step(tenant, &step.what);
        }
        if ended.outcome.is_final() {
            progress.done(tenant, "ended");
            context.output.note(&said(&ended));
            return Ok(Exit::Ok);
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

/// An operation that has not begun has no log yet.
fn so_far(log: Result<String, ApiError>) -> Result<String, ApiError> {
    match log {
        Err(error) if error.is("LOG_NOT_FOUND") => Ok(String::new()),
        log => log,
    }
}

fn said(operation: &Operation) -> String {
    let message = if operation.message.is_empty() { String::new() } else { format!(": {}", operation.message) };
    format!("operation {} ended: {:?}{message}", operation.id, operation.outcome)
}

/// One that ended without a step found nothing to do, and has no log.
fn has_something_to_say(operation: &Value) -> bool {
    let began = operation.get("steps").and_then(Value::as_array).is_some_and(|steps| !steps.is_empty());
    began || operation.get("finished").is_none_or(Value::is_null)
}

async fn latest(tenant: &TenantId, context: &Context<'_>) -> Result<OperationId, Failure> {
    let page = context.api.operations(tenant, &[("limit", RECENT.to_owned())]).await?;
    let ran = page.items.iter().find(|item| has_something_to_say(item)).or(page.items.first());
    let id = ran.and_then(|item| item.get("id")?.as_str()?.parse().ok());
    id.ok_or_else(|| Failure::NotFound {
        what: format!("'{tenant}' has no operation yet"),
        next: format!("see how it stands with `tenantctl get {tenant}`"),
    })
}
