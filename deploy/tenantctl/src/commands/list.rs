//! `list`: every page.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tenancy::store::Generation;
use tenancy::tenant::TenantId;

use super::Context;
use crate::api::{ApiError, TenantItem};
use crate::exit::{Exit, Failure, count};
use crate::output::{Table, Tone};

pub(super) async fn run(phase: Option<&str>, drifted: bool, context: &Context<'_>) -> Result<Exit, Failure> {
    let phase = phase.map(|phase| ("phase", phase.to_owned()));
    let filters = phase.into_iter().chain(drifted.then(|| ("drifted", "true".to_owned())));
    let items = context.every_page("tenants", filters.collect()).await?;
    let value = json!({ "items": items });
    let number = items.len();
    let read = read(items)?;
    context.output.show(&value, || context.output.table(&table(read)))?;
    context.output.note(&count(number, "tenant"));
    Ok(Exit::Ok)
}

/// Every tenant's name.
pub(super) async fn names(context: &Context<'_>) -> Result<BTreeSet<TenantId>, Failure> {
    let items = context.every_page("tenants", Vec::new()).await?;
    Ok(read(items)?.into_iter().map(|item| item.name).collect())
}

fn read(items: Vec<Value>) -> Result<Vec<TenantItem>, ApiError> {
    let read: Result<_, _> = items.into_iter().map(serde_json::from_value).collect();
    read.map_err(|error| ApiError::Unreadable { request: "GET /tenants".to_owned(), why: error.to_string() })
}

fn table(items: Vec<TenantItem>) -> Table {
    let mut table = Table::new(&["TENANT", "PHASE", "OBSERVED", "APPLIED", "DRIFTED", "UPDATED", "URL", "REASON"]);
    for item in items {
        let generation = |number: Option<_>| number.map_or_else(|| "-".to_owned(), |number| format!("{number}"));
        let drifted = match item.drifted {
            Value::Bool(true) => "yes".to_owned(),
            Value::Number(number) if number.as_u64() != Some(0) => number.to_string(),
            _ => "-".to_owned(),
        };
        let tone = tone_of(&item.phase);
        let cells = [
            item.name.to_string(),
            item.phase,
            generation(item.observed_generation.map(Generation::get)),
            generation(item.applied_generation.map(Generation::get)),
            drifted,
            item.updated.unwrap_or_else(|| "-".to_owned()),
            item.url.unwrap_or_else(|| "-".to_owned()),
            item.reason.unwrap_or_default(),
        ];
        table.row(tone, cells);
    }
    table
}

/// What a phase's colour says; a phase this client does not know says nothing.
pub(super) fn tone_of(phase: &str) -> Tone {
    match phase {
        "Ready" => Tone::Good,
        "Failed" | "Invalid" => Tone::Bad,
        "Pending" | "Applying" | "Held" | "Tombstoned" | "Deleting" => Tone::Note,
        _ => Tone::Plain,
    }
}
