//! One row of the table: what was done, how the installer ended, what a visitor gets and what the database says.

use std::sync::Mutex;

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{ContentArrangement, Table};

use crate::world::{Revision, Rollout, Site};

static ROWS: Mutex<Vec<[String; 6]>> = Mutex::new(Vec::new());

/// Notes a case, and prints the table as far as it goes.
pub(crate) async fn row(case: &str, plugin: &str, rollout: &Rollout, site: &Site, visitor: &Revision) {
    let statuses = visitor.statuses().await;
    let statuses = statuses.map(|status| status.to_string()).join(" ");
    let active =
        site.active().await.iter().map(|file| file.split('/').next().unwrap_or("").to_owned()).collect::<Vec<_>>();
    let row = [
        case.to_owned(),
        rollout.code().to_string(),
        rollout.result(plugin),
        format!("{:.1} s", rollout.took().as_secs_f64()),
        statuses,
        active.join(" "),
    ];
    let mut rows = ROWS.lock().unwrap();
    rows.push(row);
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["case", "exit", "result", "time", "`/` login API", "active afterwards"]);
    table.add_rows(rows.iter().cloned());
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/plugins.md"), format!("{table}\n")).unwrap();
    println!("{table}");
}
