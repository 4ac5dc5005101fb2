//! `history`: a tenant's operations, or the generations of its definition.

use serde_json::{Value, json};
use tenancy::records::{Operation, Outcome};
use tenancy::tenant::TenantId;

use super::Context;
use crate::api::ApiError;
use crate::exit::{Exit, Failure};
use crate::output::{Table, Tone};

/// Operations, newest first, at most `limit`.
pub(super) async fn operations(tenant: &TenantId, limit: usize, context: &Context<'_>) -> Result<Exit, Failure> {
    let mut items: Vec<Value> = Vec::new();
    let mut token: Option<String> = None;
    while items.len() < limit {
        let mut query = vec![("limit", (limit - items.len()).min(1000).to_string())];
        query.extend(token.map(|token| ("pageToken", token)));
        let page = context.api.operations(tenant, &query).await?;
        items.extend(page.items);
        token = page.next_page_token;
        if token.is_none() {
            break;
        }
    }
    items.truncate(limit);
    let read: Result<Vec<Operation>, _> = items.iter().cloned().map(serde_json::from_value).collect();
    let read = read.map_err(|error| ApiError::Unreadable {
        request: format!("GET /tenants/{tenant}/operations"),
        why: error.to_string(),
    })?;
    context.output.show(&json!({ "items": items }), || context.output.table(&table(read)))?;
    Ok(Exit::Ok)
}

fn table(operations: Vec<Operation>) -> Table {
    let mut table = Table::new(&[
        "OPERATION",
        "KIND",
        "OUTCOME",
        "REQUESTED",
        "TOOK",
        "BY",
        "DEFINITION",
        "CHANGES",
        "REVISION",
        "TRACE",
        "REASON",
    ]);
    for operation in operations {
        let tone = match operation.outcome {
            Outcome::Succeeded => Tone::Good,
            Outcome::Queued | Outcome::Running => Tone::Note,
            Outcome::Failed | Outcome::Interrupted => Tone::Bad,
        };
        let took = operation.finished.map(|finished| finished.as_second() - operation.requested.as_second());
        let cells = [
            operation.id.to_string(),
            format!("{:?}", operation.kind),
            format!("{:?}", operation.outcome),
            operation.requested.to_string(),
            took.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds} s")),
            format!("{} ({:?})", operation.principal.0, operation.trigger),
            operation.definition_generation.map_or_else(|| "-".to_owned(), |generation| generation.to_string()),
            operation.changes.changes().len().to_string(),
            operation.revision.unwrap_or_else(|| "-".to_owned()),
            operation.trace.map_or_else(|| "-".to_owned(), |trace| trace.to_string()),
            operation.reason.unwrap_or_default(),
        ];
        table.row(tone, cells);
    }
    table
}

/// Generations, newest first.
pub(super) async fn definitions(tenant: &TenantId, context: &Context<'_>) -> Result<Exit, Failure> {
    let items = context.api.definitions(tenant).await?;
    let live = context.api.live_generation(tenant).await?;
    let raw: Vec<&Value> = items.iter().map(|item| &item.raw).collect();
    context.output.show(&json!({ "items": raw }), || {
        let mut table = Table::new(&["GENERATION", "WRITTEN", "FORMAT", "LIVE"]);
        for item in items.iter().map(|item| item.value.clone()) {
            let (tone, live) = if live == Some(item.generation) { (Tone::Good, "live") } else { (Tone::Plain, "") };
            let cells = [
                item.generation.to_string(),
                item.updated.unwrap_or_default(),
                item.media_type.unwrap_or_default(),
                live.to_owned(),
            ];
            table.row(tone, cells);
        }
        context.output.table(&table)
    })?;
    Ok(Exit::Ok)
}
