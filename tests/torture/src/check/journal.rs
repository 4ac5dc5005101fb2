//! The journal: everything that was begun has ended, and nothing was done that it does not know.

use std::collections::BTreeSet;

use end_to_end::ControlPlane;
use serde_json::Value;

use super::RECORDS;

/// Length of an operation's id.
const ID: usize = 26;

/// Every operation of a tenant, oldest first.
pub(super) async fn entries(plane: &ControlPlane, id: &str) -> Result<Vec<Value>, String> {
    let prefix = format!("operations/{id}/");
    let names = plane.storage.list(RECORDS, &prefix).await;
    let mut entries = Vec::new();
    let mut kept = BTreeSet::new();
    for name in &names {
        let file = name.strip_prefix(&prefix).unwrap_or(name);
        let (operation, kind) = file.split_at_checked(ID).ok_or_else(|| format!("{name} is no operation's"))?;
        if kind == ".json" {
            let body = plane.storage.read(RECORDS, name).await.ok_or_else(|| format!("{name} went"))?;
            entries.push(serde_json::from_str(&body).map_err(|error| format!("{name}: {error}"))?);
        } else {
            kept.insert(operation.to_owned());
        }
    }
    // Variables are kept at the same time as the entry is opened: who dies between the two leaves them.
    let known: BTreeSet<String> =
        entries.iter().filter_map(|entry: &Value| entry["id"].as_str().map(str::to_owned)).collect();
    let logged = names.iter().filter(|name| name.ends_with(".log"));
    let missing = logged.filter(|name| !known.iter().any(|id| name.contains(id.as_str()))).collect::<Vec<_>>();
    if missing.is_empty() {
        Ok(entries)
    } else {
        Err(format!("{id}: logs of operations that no entry names: {missing:?}"))
    }
}

/// Whether every operation has ended, in the way of those that end.
pub(super) async fn ended(plane: &ControlPlane, id: &str) -> Result<(), String> {
    for entry in entries(plane, id).await? {
        let ended = matches!(entry["outcome"].as_str(), Some("Succeeded" | "Failed" | "Interrupted"));
        if !ended || entry["finished"].is_null() {
            return Err(format!("{id}: an operation has not ended: {entry}"));
        }
    }
    Ok(())
}

/// What is being done to a tenant now: the kind of its running operation and the last step that it wrote down.
pub(crate) async fn step(plane: &ControlPlane, id: &str) -> Option<String> {
    let names = plane.storage.list(RECORDS, &format!("operations/{id}/")).await;
    let newest = names.iter().rfind(|name| name.ends_with(".json") && !name.ends_with(".variables.json"))?;
    let entry: Value = serde_json::from_str(&plane.storage.read(RECORDS, newest).await?).ok()?;
    if entry["outcome"] != "Running" {
        return None;
    }
    let what = entry["steps"].as_array()?.last()?["what"].as_str()?;
    // Without generations, names and digests.
    let what = what.split([':', ';']).next()?.split(|c: char| c.is_ascii_digit()).next()?.trim();
    Some(format!("{}: {what}", entry["kind"].as_str()?))
}
