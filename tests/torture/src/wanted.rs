//! What people asked for, as the buckets say after a kill: what cannot be read is an error, and never 'nothing'.

use end_to_end::ControlPlane;
use serde_json::Value;

use crate::check::RECORDS;
use crate::deeds::DEFINITIONS;

/// What must be in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Not there.
    Gone,
    /// There.
    There(Site),
}

/// What is seen of a definition in the cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Site {
    /// So many instances at most.
    pub(crate) most: u64,
    /// The plugin's version, where it is wanted.
    pub(crate) plugin: Option<String>,
}

/// The object of a tenant's definition.
pub(crate) fn object(id: &str) -> String {
    format!("tenants/{id}.yaml")
}

/// Reads it from the buckets alone.
pub(crate) async fn wanted(plane: &ControlPlane, id: &str) -> Result<Wanted, String> {
    let Some(source) = plane.storage.read(DEFINITIONS, &object(id)).await else { return Ok(Wanted::Gone) };
    if let Some(status) = plane.storage.read(RECORDS, &format!("status/{id}.json")).await {
        let status: Value = serde_json::from_str(&status).map_err(|error| format!("{id}: its status: {error}"))?;
        if status["deletion"].is_object() {
            return Ok(Wanted::Gone);
        }
    }
    let definition: Value = serde_yaml::from_str(&source).map_err(|error| format!("{id}: its definition: {error}"))?;
    let spec = &definition["spec"];
    let most = spec["runtime"]["scaling"]["maxInstances"].as_u64();
    let most = most.ok_or_else(|| format!("{id}: its definition is none of ours: {source}"))?;
    let plugin = spec["plugins"][0]["version"].as_str().map(str::to_owned);
    Ok(Wanted::There(Site { most, plugin }))
}
