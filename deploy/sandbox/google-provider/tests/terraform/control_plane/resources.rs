//! What a module makes, as Terraform's own account of a plan has it.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::workspace::Workspace;

/// One resource of a plan.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub(super) address: String,
    pub(super) kind: String,
    pub(super) values: Json,
}

impl Resource {
    /// A text at a JSON pointer; empty where there is none.
    pub(super) fn text(&self, pointer: &str) -> &str {
        self.values.pointer(pointer).and_then(Json::as_str).unwrap_or_default()
    }
}

/// Every resource after an apply: nothing in it is unknown any more. The plan must be empty.
pub(super) fn applied(workspace: &Workspace) -> Vec<Resource> {
    workspace.terraform(&["plan", "-detailed-exitcode", "-input=false", "-out=plan.bin"]).ok();
    let shown = workspace.terraform(&["show", "-json", "plan.bin"]).ok().out;
    let plan: Json = serde_json::from_str(&shown).unwrap();
    let resources = plan["planned_values"]["root_module"]["resources"].as_array().unwrap();
    resources
        .iter()
        .filter(|resource| resource["mode"] == "managed")
        .map(|resource| Resource {
            address: resource["address"].as_str().unwrap().to_owned(),
            kind: resource["type"].as_str().unwrap().to_owned(),
            values: resource["values"].clone(),
        })
        .collect()
}

/// Of that type.
pub(super) fn of<'a>(resources: &'a [Resource], kind: &'a str) -> impl Iterator<Item = &'a Resource> {
    resources.iter().filter(move |resource| resource.kind == kind)
}

/// Every resource by address, without what the cloud makes up and without what nobody set.
pub(super) fn normalised(resources: &[Resource]) -> BTreeMap<String, Json> {
    resources.iter().map(|resource| (resource.address.clone(), without_noise(&resource.values))).collect()
}

/// Made up by the cloud, or said twice.
const NOISE: [&str; 24] = [
    "certificate_id",
    "create_time",
    "creation_timestamp",
    "creator",
    "deletion_policy",
    "effective_labels",
    "effective_time",
    "etag",
    "fingerprint",
    "generation",
    "id",
    "last_modifier",
    "last_transition_time",
    "latest_created_revision",
    "latest_ready_revision",
    "observed_generation",
    "reconciling",
    "self_link",
    "terminal_condition",
    "terraform_labels",
    "time_created",
    "uid",
    "update_time",
    "updated",
];

fn without_noise(value: &Json) -> Json {
    match value {
        Json::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| !NOISE.contains(&name.as_str()));
            let kept = kept.map(|(name, value)| (name.clone(), without_noise(value)));
            Json::Object(kept.filter(|(_, value)| !is_nothing(value)).collect::<Map<_, _>>())
        }
        Json::Array(elements) => Json::Array(elements.iter().map(without_noise).collect()),
        other => other.clone(),
    }
}

fn is_nothing(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(elements) => elements.is_empty(),
        Json::Object(fields) => fields.is_empty(),
        Json::String(text) => text.is_empty(),
        _ => false,
    }
}
