//! The sandbox's cloud: a file a resource, which a test reads and edits as somebody with a console would.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The folder of the cloud.
pub struct Cloud(PathBuf);

impl Cloud {
    /// Over the folder.
    pub fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Every resource there is: a folder a type, a file a resource.
    pub fn resources(&self) -> BTreeSet<PathBuf> {
        let is_resource = |file: &PathBuf| {
            file.parent().is_some_and(|folder| folder != self.0)
                && file.extension().is_some_and(|extension| extension == "json")
        };
        files(&self.0).into_iter().filter(is_resource).collect()
    }

    /// Resources that are a tenant's: files whose path or content names it.
    pub fn resources_of(&self, id: &str) -> Vec<PathBuf> {
        let names = [format!("wp-{id}"), format!("-{id}-media"), format!("tenants%2F{id}")];
        let mut found: Vec<PathBuf> = self
            .resources()
            .into_iter()
            .filter(|file| {
                let path = file.strip_prefix(&self.0).unwrap_or(file).to_string_lossy().into_owned();
                names.iter().any(|name| contains_name(&path, name))
            })
            .collect();
        found.sort();
        found
    }

    /// The one file of a resource type that is a tenant's.
    pub fn resource(&self, kind: &str, id: &str) -> PathBuf {
        let found: Vec<PathBuf> =
            self.resources_of(id).into_iter().filter(|file| file.starts_with(self.0.join(kind))).collect();
        assert_eq!(found.len(), 1, "{kind} of {id}: {found:?}");
        found[0].clone()
    }

    /// Edits a resource behind everybody's back.
    pub fn edit(&self, kind: &str, id: &str, change: impl FnOnce(&mut Value)) {
        let file = self.resource(kind, id);
        let mut object: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        change(&mut object);
        std::fs::write(&file, serde_json::to_vec_pretty(&object).unwrap()).unwrap();
    }

    /// What a resource is like.
    pub fn read(&self, kind: &str, id: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.resource(kind, id)).unwrap()).unwrap()
    }
}

/// Whether a name stands there whole: `wp-acme` is not in `wp-acme-shop`.
fn contains_name(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let next = text[at + name.len()..].chars().next();
        next.is_none_or(|next| !next.is_ascii_alphanumeric() && next != '_')
            && !text[at + name.len()..].strip_prefix('-').is_some_and(|rest| {
                let own = ["db", "plugins"].iter().any(|part| rest.starts_with(part));
                rest.starts_with(|c: char| c.is_ascii_alphanumeric()) && !own
            })
    })
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}
