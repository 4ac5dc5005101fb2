//! `get`: one tenant, what it should be and what it is.

use std::fmt::Write as _;

use serde_json::Value;
use tenancy::digest::Digest;
use tenancy::tenant::TenantId;

use super::Context;
use super::list::tone_of;
use crate::api::{PluginOutcome, TenantDocument, TenantPlugins};
use crate::exit::{Exit, Failure};
use crate::output::{Output, Table, Tone};

pub(super) async fn run(tenant: &TenantId, context: &Context<'_>) -> Result<Exit, Failure> {
    let received = context.api.tenant(tenant).await?;
    context.output.show(&received.raw, || text(&received.value, context.output))?;
    Ok(Exit::Ok)
}

fn text(document: &TenantDocument, output: &Output) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let _ = writeln!(text, "{name:<13} {value}");
        }
    };
    let metadata = &document.metadata;
    line("Name", Some(metadata.name.to_string()));
    line("Display name", metadata.display_name.clone());
    line("Labels", Some(pairs(&metadata.labels)));
    let generation = metadata.generation.map(|number| number.to_string());
    line("Generation", Some(generation.unwrap_or_else(|| "no definition".to_owned())));
    line("Written", metadata.updated.clone());
    let Some(status) = &document.status else {
        line("Phase", Some("nobody has looked at it yet".to_owned()));
        return text;
    };
    line("Phase", Some(output.tinted(tone_of(&status.phase), &status.phase)));
    line("Observed", status.observed_generation.map(|number| number.to_string()));
    line("Operation", status.operation.map(|operation| operation.to_string()));
    status.outputs.iter().for_each(|(name, value)| line(name, Some(plain(value))));
    if !status.conditions.is_empty() {
        let mut table = Table::new(&["CONDITION", "STATUS", "SINCE", "REASON", "MESSAGE"]);
        for condition in status.conditions.clone() {
            let since = condition.last_transition_time.unwrap_or_default();
            let tone = tone_of_condition(&condition.kind, &condition.status);
            table.row(tone, [condition.kind, condition.status, since, condition.reason, condition.message]);
        }
        let _ = write!(text, "\n{}", output.table(&table));
    }
    if let Some(plugins) = &status.plugins {
        let _ = write!(text, "\n{}", plugins_of(plugins, output));
    }
    text
}

fn plugins_of(plugins: &TenantPlugins, output: &Output) -> String {
    let digest = |digest: Option<Digest>| digest.map_or_else(|| "none".to_owned(), |digest| digest.to_string());
    let mut text = format!("{:<13} {}\n", "Plugin lock", digest(plugins.lock_digest));
    let _ = writeln!(text, "{:<13} {}", "Bundle", digest(plugins.bundle));
    let mut table = Table::new(&["PLUGIN", "WANTED", "RUNS", "REQUIRED", "RESULT", "MESSAGE"]);
    for plugin in &plugins.results {
        let runs = plugins.running.iter().find(|runs| runs.name == plugin.name).map(|runs| runs.version.clone());
        let well = ["staged", "applied", "unchanged", "removed"].contains(&plugin.result.as_str());
        let PluginOutcome { name, to, required, result, message } = plugin.clone();
        let required = if required { "yes" } else { "no" }.to_owned();
        let row = [name, to.unwrap_or_default(), runs.unwrap_or_default(), required, result, message];
        table.row(if well { Tone::Good } else { Tone::Bad }, row);
    }
    if !plugins.results.is_empty() {
        text.push_str(&output.table(&table));
    }
    text
}

/// Some conditions are good when they hold, others when they do not.
fn tone_of_condition(kind: &str, status: &str) -> Tone {
    let good = match kind {
        "Held" | "Drifted" | "Tombstoned" => "False",
        _ => "True",
    };
    match status {
        "Unknown" => Tone::Note,
        status if status == good => Tone::Good,
        _ => Tone::Bad,
    }
}

fn pairs(labels: &serde_json::Map<String, Value>) -> String {
    labels.iter().map(|(key, value)| format!("{key}={}", plain(value))).collect::<Vec<_>>().join(", ")
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
