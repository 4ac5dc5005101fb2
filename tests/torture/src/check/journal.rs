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
    let (mut entries, mut known, mut logged) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for name in plane.storage.list(RECORDS, &prefix).await {
        let file = name.strip_prefix(&prefix).and_then(|file| file.split_at_checked(ID));
        match file {
            Some((operation, ".json")) => {
                let body = plane.storage.read(RECORDS, &name).await.ok_or_else(|| format!("{name} went"))?;
                entries.push(serde_json::from_str(&body).map_err(|error| format!("{name}: {error}"))?);
                known.insert(operation.to_owned());
            }
            Some((operation, ".log")) => _ = logged.insert(operation.to_owned()),
            // Kept at the same time as the entry is opened: who dies between the two leaves them.
            Some((_, ".variables.json")) => {}
            Some((_, leftover)) if leftover.starts_with(".errored") => {}
            _ => return Err(format!("{name} is no operation's")),
        }
    }
    let missing: Vec<&String> = logged.difference(&known).collect();
    if missing.is_empty() { Ok(entries) } else { Err(format!("{id}: ran without an entry: {missing:?}")) }
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
    let is_entry = |name: &&String| name.rsplit('/').next().is_some_and(|file| file.len() == ID + ".json".len());
    let newest = names.iter().rfind(is_entry)?;
    let entry: Value = serde_json::from_str(&plane.storage.read(RECORDS, newest).await?).ok()?;
    if entry["outcome"] != "Running" {
        return None;
    }
    let what = entry["steps"].as_array()?.last()?["what"].as_str()?;
    // Without generations, names and digests.
    let what = what.split([':', ';']).next()?.split(|c: char| c.is_ascii_digit()).next()?.trim();
    Some(format!("{}: {what}", entry["kind"].as_str()?))
}

/// How the last operations of a tenant ended that did more than look, for people.
pub(super) async fn lately(plane: &ControlPlane, id: &str) -> String {
    let entries = entries(plane, id).await.unwrap_or_default();
    let one = |entry: &Value| {
        let said: Vec<String> = entry["diagnostics"].as_array().into_iter().flatten().map(Value::to_string).collect();
        format!("{} {}: {} {}", entry["kind"], entry["outcome"], entry["message"], said.join(" "))
    };
    let done = entries.iter().rev().filter(|entry| entry["kind"] != "DriftCheck");
    done.take(6).map(one).collect::<Vec<_>>().join(" <- ")
}
