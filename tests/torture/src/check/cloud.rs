//! The cloud against the states: nothing is there twice, nothing that no state knows, nothing otherwise than it is known.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use end_to_end::ControlPlane;
use serde_json::Value;

use super::STATE;
use crate::deeds::definition;
use crate::wanted::Wanted;

/// The type of a secret's versions, each numbered by its secret.
const VERSION: &str = "google_secret_manager_secret_version";

/// What was there before the first tenant, and what a tenant adds: how many of each type, in the cloud and in its state.
pub(crate) struct Measure {
    before: BTreeSet<PathBuf>,
    cloud: BTreeMap<String, usize>,
    state: BTreeMap<String, usize>,
}

impl Measure {
    /// Makes a tenant, counts, and deletes it.
    pub(crate) async fn take(plane: &ControlPlane) -> Self {
        let before = plane.cloud().resources();
        let made = plane.create(&definition("measured", 1, false)).await;
        assert!(made.status.is_success(), "{}", made.text);
        let cloud = by_type(plane, "measured");
        let state = plane.storage.read(STATE, "terraform/tenants/measured.tfstate").await.unwrap_or_default();
        let state = known_by_type(&instances(&serde_json::from_str(&state).unwrap_or_default()));
        // What only tells something to a database is no resource of the cloud; everything else is in both.
        assert!(!cloud.is_empty() && cloud.iter().all(|(kind, number)| state.get(kind) == Some(number)), "{cloud:?}");
        let deleted = plane.delete("measured").await;
        assert!(deleted.status.is_success(), "{}", deleted.text);
        Self { before, cloud, state }
    }

    /// Whether a tenant's resources are those that its state knows, each as the state knows it, and as many as they must be.
    pub(crate) fn equal(&self, plane: &ControlPlane, id: &str, state: &str) -> Result<(), String> {
        let mut found = by_type(plane, id);
        // The one thing that a killed run may leave: versions have no names of ours, and go with their secret.
        let versions = found.get_mut(VERSION).map(|number| std::mem::replace(number, 1)).unwrap_or_default();
        if found != self.cloud {
            return Err(format!("{id}: there is {found:?} instead of {:?}", self.cloud));
        }
        let state: Value = serde_json::from_str(state).map_err(|error| format!("{id}: its state: {error}"))?;
        let known = instances(&state);
        let counted = known_by_type(&known);
        if counted != self.state {
            return Err(format!("{id}: the state knows {counted:?} instead of {:?}", self.state));
        }
        for file in plane.cloud().resources_of(id) {
            let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            let object: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
            let kind = kind_of(plane, &file);
            let of_kind = known.iter().filter(|(other, _)| *other == kind).map(|(_, attributes)| *attributes);
            let differences: Vec<String> = of_kind.map(|attributes| differences(&object, attributes)).collect();
            if kind == VERSION && versions > 1 && known.iter().any(|(_, newer)| is_older(&object, newer)) {
                continue;
            }
            if !differences.iter().any(String::is_empty) {
                return Err(format!("{id}: {} is not as the state knows it: {differences:?}", file.display()));
            }
        }
        Ok(())
    }

    /// Resources that belong to nobody who is to be there.
    pub(crate) fn strangers(&self, plane: &ControlPlane, wants: &BTreeMap<String, Wanted>) -> Option<String> {
        let there = wants.iter().filter(|(_, want)| **want != Wanted::Gone);
        let theirs: BTreeSet<PathBuf> = there.flat_map(|(id, _)| plane.cloud().resources_of(id)).collect();
        let all = plane.cloud().resources();
        let strangers: Vec<&PathBuf> =
            all.iter().filter(|file| !theirs.contains(*file) && !self.before.contains(*file)).collect();
        (!strangers.is_empty()).then(|| format!("nobody's: {strangers:?}"))
    }
}

fn by_type(plane: &ControlPlane, id: &str) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for file in plane.cloud().resources_of(id) {
        *counted.entry(kind_of(plane, &file)).or_default() += 1;
    }
    counted
}

fn known_by_type(instances: &[(String, &Value)]) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for (kind, _) in instances {
        *counted.entry(kind.clone()).or_default() += 1;
    }
    counted
}

/// A resource lies in the folder of its type.
fn kind_of(plane: &ControlPlane, file: &std::path::Path) -> String {
    let inside = file.strip_prefix(plane.folder().join("cloud")).unwrap_or(file);
    inside.iter().next().map(|kind| kind.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Every resource of a state: its type and attributes.
fn instances(state: &Value) -> Vec<(String, &Value)> {
    let resources =
        state["resources"].as_array().into_iter().flatten().filter(|resource| resource["mode"] == "managed");
    resources
        .flat_map(|resource| {
            let kind = resource["type"].as_str().unwrap_or_default().to_owned();
            let instances = resource["instances"].as_array().into_iter().flatten();
            instances.map(move |instance| (kind.clone(), &instance["attributes"]))
        })
        .collect()
}

/// Whether a version is an older one of the secret whose version the state knows.
fn is_older(object: &Value, known: &Value) -> bool {
    let number = |version: &Value| version["version"].as_str().and_then(|text| text.parse::<u64>().ok());
    object["secret"] == known["secret"] && number(object) < number(known)
}

/// Attributes that the cloud has otherwise than the state; what the sandbox keeps for itself is none.
fn differences(object: &Value, attributes: &Value) -> String {
    let fields = object.as_object().into_iter().flatten().filter(|(name, _)| !name.starts_with('_'));
    let differing = fields.filter(|(name, value)| !same(value, &attributes[name.as_str()]));
    differing
        .map(|(name, value)| format!("{name}: {value} / {}", attributes[name.as_str()]))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Equal but for what is null on the state's side and not there on the cloud's.
fn same(real: &Value, known: &Value) -> bool {
    match (real, known) {
        (Value::Object(real), Value::Object(known)) => {
            let names: BTreeSet<&String> = real.keys().chain(known.keys()).collect();
            names
                .into_iter()
                .all(|name| same(real.get(name).unwrap_or(&Value::Null), known.get(name).unwrap_or(&Value::Null)))
        }
        (Value::Array(real), Value::Array(known)) => {
            real.len() == known.len() && real.iter().zip(known).all(|(real, known)| same(real, known))
        }
        (real, known) => real == known,
    }
}
