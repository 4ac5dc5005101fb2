//! Faults on request: `faults.json` in the cloud's folder, read anew at each operation.
//!
//! ```json
//! [{"type": "google_sql_user", "op": "create", "name": "acme", "times": 2, "error": "googleapi: Error 503: backend error"},
//!  {"type": "google_cloud_run_v2_service", "op": "update", "delayMs": 2000, "notReady": "container failed to start"}]
//! ```
//!
//! The first rule that fits is taken. `name` is a part of the object's unique name; without `times` a rule holds for ever. Uses are
//! counted in `faults.used/`, by the rule's text: remove that folder to begin again.

use std::fs;
use std::io::ErrorKind;

use serde::Deserialize;

use super::{Cloud, CloudError, digest};

/// What is done with an object.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// It is made.
    Create,
    /// It is looked at.
    Read,
    /// It is changed.
    Update,
    /// It is removed.
    Delete,
    /// An ephemeral resource is opened.
    Open,
}

/// What one operation meets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// It waits so long, in milliseconds.
    pub delay_ms: u64,
    /// It fails with this message, after the delay.
    pub error: Option<String>,
    /// It succeeds, but what it made is not ready, for this reason.
    pub not_ready: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Rule {
    #[serde(rename = "type")]
    kind: String,
    op: Operation,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    times: Option<u32>,
    #[serde(default)]
    delay_ms: u64,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    not_ready: Option<String>,
}

impl Cloud {
    /// What the operation meets, by the rules; using it up counts.
    pub fn fault(&self, kind: &str, op: Operation, name: &str) -> Result<Fault, CloudError> {
        let path = self.root.join("faults.json");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Fault::default()),
            Err(error) => return Err(CloudError::io(path)(error)),
        };
        let malformed =
            |error: serde_json::Error| CloudError::Malformed { path: path.clone(), problem: error.to_string() };
        let rules: Vec<serde_json::Value> = serde_json::from_str(&text).map_err(malformed)?;
        for (at, json) in rules.into_iter().enumerate() {
            let mark = digest(&format!("{at} {json}"));
            let rule: Rule = serde_json::from_value(json).map_err(malformed)?;
            if rule.fits(kind, op, name) && self.claim(&mark[..16], rule.times)? {
                return Ok(Fault { delay_ms: rule.delay_ms, error: rule.error, not_ready: rule.not_ready });
            }
        }
        Ok(Fault::default())
    }

    /// Takes one use of a rule. Each use is a file made exclusively, so processes that race never share one.
    fn claim(&self, mark: &str, times: Option<u32>) -> Result<bool, CloudError> {
        let Some(times) = times else { return Ok(true) };
        let folder = self.root.join("faults.used");
        fs::create_dir_all(&folder).map_err(CloudError::io(&folder))?;
        for turn in 0..times {
            let path = folder.join(format!("{mark}-{turn}"));
            match fs::OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(_) => return Ok(true),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(CloudError::io(path)(error)),
            }
        }
        Ok(false)
    }
}

impl Rule {
    fn fits(&self, kind: &str, op: Operation, name: &str) -> bool {
        self.kind == kind && self.op == op && self.name.as_ref().is_none_or(|part| name.contains(part.as_str()))
    }
}
