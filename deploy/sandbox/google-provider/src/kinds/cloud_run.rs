//! Cloud Run services: each change of the template is a revision, and a revision may never get ready.

use super::Change;
use crate::cloud::{digest, now};
use crate::value::Value;

const REVISIONS: &str = "revisions";
const GENERATION: &str = "generation";

pub(super) fn complete(name: &str, change: &mut Change<'_>) {
    change.keep_own();
    let generation = change.counter(GENERATION) + 1;
    change.after.own.insert(GENERATION.to_owned(), generation.into());
    let mut set = |field: &str, value: Value| change.after.fields.insert(field.to_owned(), value);
    set("generation", generation.to_string().into());
    set("observed_generation", generation.to_string().into());
    set("reconciling", false.into());

    let template = change.after.fields.get("template").unwrap_or(&Value::Null);
    if change.before.is_none_or(|before| before.fields.get("template") != Some(template)) {
        roll_out(name, change);
    } else if let Some(before) = change.before {
        for kept in ["latest_created_revision", "latest_ready_revision", "terminal_condition", "conditions"] {
            let value = before.fields.get(kept).cloned().unwrap_or(Value::Null);
            change.after.fields.insert(kept.to_owned(), value);
        }
    }
}

fn roll_out(name: &str, change: &mut Change<'_>) {
    let number = change.counter(REVISIONS) + 1;
    change.after.own.insert(REVISIONS.to_owned(), number.into());
    let template = serde_json::Value::from(change.after.fields.get("template").unwrap_or(&Value::Null)).to_string();
    let service = name.rsplit('/').next().unwrap_or(name);
    let revision = Value::from(format!("{name}/revisions/{service}-{number:05}-{}", letters(&digest(&template))));
    let ready = match &change.not_ready {
        None => revision.clone(),
        Some(_) => {
            change.before.and_then(|before| before.fields.get("latest_ready_revision")).cloned().unwrap_or(Value::Null)
        }
    };
    let condition = condition(change.not_ready.as_deref());
    let fields = &mut change.after.fields;
    fields.insert("latest_created_revision".to_owned(), revision);
    fields.insert("latest_ready_revision".to_owned(), ready);
    fields.insert("terminal_condition".to_owned(), Value::List(vec![condition.clone()]));
    fields.insert("conditions".to_owned(), Value::List(vec![condition]));
}

fn condition(not_ready: Option<&str>) -> Value {
    let (state, reason) = match not_ready {
        None => ("CONDITION_SUCCEEDED", ""),
        Some(_) => ("CONDITION_FAILED", "HEALTH_CHECK_CONTAINER_ERROR"),
    };
    Value::from([
        ("type", "Ready".into()),
        ("state", state.into()),
        ("reason", reason.into()),
        ("message", not_ready.unwrap_or_default().into()),
        ("last_transition_time", now().into()),
        ("severity", "".into()),
        ("revision_reason", "".into()),
        ("execution_reason", "".into()),
    ])
}

/// The three letters at a revision's end.
fn letters(hash: &str) -> String {
    hash.bytes().take(3).map(|byte| char::from(b'a' + (byte % 26))).collect()
}
