//! A state file, as far as we look into it: which resources it holds.

use bytes::Bytes;
use serde::Deserialize;

use super::module::{Module, ResourceName};
use crate::provision::ResourceAddress;

#[derive(Deserialize)]
struct StateFile {
    #[serde(default)]
    resources: Vec<StateResource>,
}

#[derive(Deserialize)]
struct StateResource {
    module: Option<String>,
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    instances: Vec<serde::de::IgnoredAny>,
}

/// Stateful resources in the state that the module no longer speaks of: applying it would destroy them, and no
/// `prevent_destroy` can be put on a block that is gone. What sits in a child module is always among them: the guard
/// cannot reach it there.
pub(super) fn orphaned_stateful(state: &[u8], module: &Module) -> Result<Vec<ResourceAddress>, serde_json::Error> {
    let state: StateFile = serde_json::from_slice(state)?;
    let mut orphaned = Vec::new();
    for resource in state.resources {
        if resource.mode != "managed" || resource.instances.is_empty() {
            continue;
        }
        let address = format!("{}.{}", resource.kind, resource.name);
        let name = ResourceName { kind: resource.kind, name: resource.name };
        match resource.module {
            Some(child) if module.is_stateful_type(&name.kind) => {
                orphaned.push(ResourceAddress::new(format!("{child}.{address}")));
            }
            None if module.orphans(&name) => orphaned.push(ResourceAddress::new(address)),
            _ => {}
        }
    }
    Ok(orphaned)
}

/// A valid state without resources, of a lineage of its own: it marks a workspace that is fenced before it is made.
pub(super) fn empty_state() -> Bytes {
    let text = serde_json::json!({
        "version": 4,
        "terraform_version": "1.11.0",
        "serial": 0,
        "lineage": random_uuid(),
        "outputs": {},
        "resources": [],
        "check_results": null,
    });
    Bytes::from(format!("{text:#}\n"))
}

/// A version 4 UUID (RFC 9562).
fn random_uuid() -> String {
    let bits = (rand::random::<u128>() & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_state_is_valid_and_its_own() {
        let (one, other) = (empty_state(), empty_state());
        assert_ne!(one, other);
        let value: serde_json::Value = serde_json::from_slice(&one).unwrap();
        let lineage = value["lineage"].as_str().unwrap();
        assert_eq!((lineage.len(), &lineage[14..15]), (36, "4"));
        assert!("89ab".contains(&lineage[19..20]), "{lineage}");
    }
}
