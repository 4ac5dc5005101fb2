//! Terraform's machine-readable output, a message a line.
//!
//! Format: <https://developer.hashicorp.com/terraform/internals/machine-readable-ui>. Unknown types and fields are
//! stepped over, as that page asks for.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::provision::{Change, ChangeAction, Diagnostic, ResourceAddress};

/// One line of output.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    /// What it says to people.
    pub(super) text: String,
    /// What it says to us.
    pub(super) message: Message,
}

/// What a line means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Message {
    /// These changes of one resource are planned: none, one, or an import and a change.
    Planned(Vec<Change>),
    /// This resource is not as it was applied.
    Drifted(ResourceAddress),
    /// A change begins.
    Started(Change),
    /// A change is made.
    Finished { change: Change, elapsed: Duration },
    /// A change failed.
    Failed(Change),
    /// Something is wrong.
    Error(Diagnostic),
    /// The outputs that are not sensitive and have a value.
    Outputs(Map<String, Value>),
    /// Progress that concerns nobody.
    Noise,
    /// Anything else: only its text is kept.
    Other,
}

/// Reads one line. What is no message (a panic, a plugin's own noise) is text.
pub(super) fn parse(line: &str) -> Line {
    match serde_json::from_str::<Raw>(line) {
        Ok(raw) => Line { message: raw.meaning(), text: raw.text },
        Err(_) => Line { text: line.to_owned(), message: Message::Other },
    }
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "@message")]
    text: String,
    #[serde(rename = "type", default)]
    kind: String,
    change: Option<RawChange>,
    hook: Option<RawHook>,
    diagnostic: Option<RawDiagnostic>,
    #[serde(default)]
    outputs: Map<String, Value>,
}

#[derive(Deserialize)]
struct RawResource {
    addr: String,
}

#[derive(Deserialize)]
struct RawChange {
    resource: RawResource,
    action: String,
    importing: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct RawHook {
    resource: RawResource,
    #[serde(default)]
    action: String,
    #[serde(default)]
    elapsed_seconds: f64,
}

#[derive(Deserialize)]
struct RawDiagnostic {
    severity: String,
    summary: String,
    #[serde(default)]
    detail: String,
    address: Option<String>,
}

impl Raw {
    fn meaning(&self) -> Message {
        self.typed().unwrap_or(Message::Other)
    }

    /// `None` for an unknown type, and for a known one without what it should hold.
    fn typed(&self) -> Option<Message> {
        Some(match self.kind.as_str() {
            "planned_change" => Message::Planned(self.change.as_ref()?.changes()),
            "resource_drift" => Message::Drifted(ResourceAddress::new(&self.change.as_ref()?.resource.addr)),
            "apply_start" => Message::Started(self.hook.as_ref()?.change()?),
            "apply_complete" => {
                let hook = self.hook.as_ref()?;
                Message::Finished { change: hook.change()?, elapsed: hook.elapsed() }
            }
            "apply_errored" => Message::Failed(self.hook.as_ref()?.change()?),
            "diagnostic" => self.diagnostic.as_ref()?.meaning(),
            "outputs" => Message::Outputs(visible(&self.outputs)),
            "version"
            | "refresh_start"
            | "refresh_complete"
            | "ephemeral_op_start"
            | "ephemeral_op_complete"
            | "ephemeral_op_progress" => Message::Noise,
            _ => return None,
        })
    }
}

impl RawChange {
    fn changes(&self) -> Vec<Change> {
        let imported = self.importing.as_ref().map(|_| ChangeAction::Import);
        let changed = action(&self.action).filter(|changed| Some(*changed) != imported);
        let address = ResourceAddress::new(&self.resource.addr);
        imported.into_iter().chain(changed).map(|action| Change { address: address.clone(), action }).collect()
    }
}

impl RawHook {
    fn change(&self) -> Option<Change> {
        Some(Change { address: ResourceAddress::new(&self.resource.addr), action: action(&self.action)? })
    }

    fn elapsed(&self) -> Duration {
        Duration::try_from_secs_f64(self.elapsed_seconds).unwrap_or_default()
    }
}

impl RawDiagnostic {
    fn meaning(&self) -> Message {
        if self.severity != "error" {
            return Message::Other;
        }
        Message::Error(Diagnostic {
            summary: self.summary.clone(),
            detail: self.detail.trim_end().to_owned(),
            address: self.address.clone().map(ResourceAddress::new),
        })
    }
}

/// `None` for what changes nothing: `noop`, `read`, `move`.
fn action(word: &str) -> Option<ChangeAction> {
    Some(match word {
        "create" => ChangeAction::Create,
        "update" => ChangeAction::Update,
        "replace" => ChangeAction::Replace,
        "delete" => ChangeAction::Delete,
        "import" => ChangeAction::Import,
        "forget" | "remove" => ChangeAction::Forget,
        _ => return None,
    })
}

fn visible(outputs: &Map<String, Value>) -> Map<String, Value> {
    outputs
        .iter()
        .filter(|(_, output)| output["sensitive"] == false)
        .filter_map(|(name, output)| Some((name.clone(), output.get("value")?.clone())))
        .collect()
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
