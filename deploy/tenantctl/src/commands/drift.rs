//! `drift`: what of the fleet is not what was applied, a row a resource.

use serde_json::json;

use super::Context;
use crate::api::{ApiError, DriftedTenant};
use crate::exit::{Exit, Failure, count};
use crate::output::{Table, Tone};

/// Sightings of a finding that is told as certain.
const CONFIRMED: u32 = 2;

pub(super) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let items = context.every_page("fleet/drift", Vec::new()).await?;
    let value = json!({ "items": items });
    let read = items.into_iter().map(serde_json::from_value).collect::<Result<Vec<DriftedTenant>, _>>();
    let read =
        read.map_err(|error| ApiError::Unreadable { request: "GET /fleet/drift".to_owned(), why: error.to_string() })?;
    context.output.show(&value, || context.output.table(&table(&read)))?;
    context.output.note(&format!("{} drifted", count(read.len(), "tenant")));
    Ok(Exit::Ok)
}

fn table(tenants: &[DriftedTenant]) -> Table {
    let headings = ["TENANT", "RESOURCE", "REPAIR", "ATTRIBUTES", "FIRST SEEN", "SIGHTINGS", "CHECKED", "LAST CLEAN"];
    let mut table = Table::new(&headings);
    for tenant in tenants {
        for finding in &tenant.found {
            let tone = if finding.sightings >= CONFIRMED { Tone::Bad } else { Tone::Note };
            let cells = [
                tenant.name.to_string(),
                finding.address.clone(),
                finding.action.clone(),
                finding.attributes.join(" "),
                finding.first_seen.clone(),
                finding.sightings.to_string(),
                tenant.checked.clone(),
                tenant.last_clean.clone().unwrap_or_else(|| "-".to_owned()),
            ];
            table.row(tone, cells);
        }
    }
    table
}
