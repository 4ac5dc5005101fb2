//! The root module's folder: which files it has, what in it is stateful, and what names it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::hcl;
use super::settings::StartError;
use crate::provision::{Change, ChangeAction, ChangeSummary, ResourceAddress};

/// A resource of the root module: its type and its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ResourceName {
    /// Such as `google_sql_database`.
    pub(super) kind: String,
    /// Such as `site`.
    pub(super) name: String,
}

/// The module as it was when the engine started.
#[derive(Debug)]
pub(super) struct Module {
    /// Its configuration files, and the SQL that they read, by name; tests and values are not among them.
    files: BTreeMap<String, Vec<u8>>,
    folder: PathBuf,
    stateful_types: BTreeSet<String>,
    /// Stateful resources that have a block.
    stateful: BTreeSet<ResourceName>,
    /// Stateful resources that had one and say where they moved.
    moved: BTreeSet<ResourceName>,
}

impl Module {
    /// Reads the module in `folder`.
    pub(super) fn read(folder: &Path, stateful_types: &BTreeSet<String>) -> Result<Self, StartError> {
        let broken = |reason: String| StartError::Module { module: folder.to_owned(), reason };
        let folder_path = std::path::absolute(folder).map_err(|error| broken(error.to_string()))?;
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(folder).map_err(|error| broken(error.to_string()))? {
            let entry = entry.map_err(|error| broken(error.to_string()))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_part(&name) {
                let content = std::fs::read(entry.path()).map_err(|error| broken(format!("{name}: {error}")))?;
                files.insert(name, content);
            }
        }
        if files.is_empty() {
            return Err(broken("no *.tf file is in it".to_owned()));
        }
        let mut module = Self {
            files,
            folder: folder_path,
            stateful_types: stateful_types.clone(),
            stateful: BTreeSet::new(),
            moved: BTreeSet::new(),
        };
        module.find_stateful().map_err(broken)?;
        Ok(module)
    }

    fn find_stateful(&mut self) -> Result<(), String> {
        for (file, content) in self.files.iter().filter(|(file, _)| !has_extension(file, "sql")) {
            let text = std::str::from_utf8(content).map_err(|_| format!("{file} is not UTF-8"))?;
            let (declared, moved) = if has_extension(file, "json") {
                in_json(text).map_err(|e| format!("{file}: {e}"))?
            } else {
                in_hcl(text)
            };
            let stateful = |resource: &ResourceName| self.stateful_types.contains(&resource.kind);
            self.stateful.extend(declared.into_iter().filter(stateful));
            self.moved.extend(moved.into_iter().filter(stateful));
        }
        Ok(())
    }

    /// Names and places of the files, for linking.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, PathBuf)> {
        self.files.keys().map(|name| (name.as_str(), self.folder.join(name)))
    }

    /// What names the module: file names and contents in turn.
    pub(super) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.files.iter().flat_map(|(name, content)| [name.as_bytes(), content.as_slice()])
    }

    /// Whether this resource is stateful and the module would destroy it because no block speaks of it any more.
    pub(super) fn orphans(&self, resource: &ResourceName) -> bool {
        self.stateful_types.contains(&resource.kind)
            && !self.stateful.contains(resource)
            && !self.moved.contains(resource)
    }

    /// Whether resources of this type are stateful.
    pub(super) fn is_stateful_type(&self, kind: &str) -> bool {
        self.stateful_types.contains(kind)
    }

    /// Which of the changes the override would refuse.
    pub(super) fn guarded(&self, changes: &ChangeSummary) -> Vec<ResourceAddress> {
        let destroys = |change: &&Change| matches!(change.action, ChangeAction::Delete | ChangeAction::Replace);
        let is_stateful = |change: &&Change| {
            change.address.as_str().split_once('.').is_some_and(|(kind, _)| self.is_stateful_type(kind))
        };
        changes.changes().iter().filter(destroys).filter(is_stateful).map(|change| change.address.clone()).collect()
    }

    /// The override that makes a plan fail when it would destroy a stateful resource; `None` where there is none.
    pub(super) fn guard(&self) -> Option<String> {
        let mut kinds: BTreeMap<&str, BTreeMap<&str, Value>> = BTreeMap::new();
        for resource in &self.stateful {
            let protected = json!({"lifecycle": {"prevent_destroy": true}});
            kinds.entry(&resource.kind).or_default().insert(&resource.name, protected);
        }
        (!kinds.is_empty()).then(|| json!({ "resource": kinds }).to_string())
    }
}

fn has_extension(file: &str, extension: &str) -> bool {
    Path::new(file).extension().is_some_and(|found| found == extension)
}

/// What `terraform` itself reads as configuration, and what that reads beside itself; `*.tftest.hcl` and editors' files
/// left out.
fn is_part(name: &str) -> bool {
    !name.starts_with('.') && (["tf", "sql"].iter().any(|end| has_extension(name, end)) || name.ends_with(".tf.json"))
}

type Found = (Vec<ResourceName>, Vec<ResourceName>);

fn in_hcl(text: &str) -> Found {
    let (mut declared, mut moved) = (Vec::new(), Vec::new());
    for block in hcl::blocks(text) {
        match block.header.as_slice() {
            [word, kind, name] if word == "resource" => {
                declared.push(ResourceName { kind: kind.clone(), name: name.clone() });
            }
            [word] if word == "moved" => moved.extend(block.attribute("from").and_then(parse_address)),
            _ => {}
        }
    }
    (declared, moved)
}

fn in_json(text: &str) -> Result<Found, serde_json::Error> {
    let root: Value = serde_json::from_str(text)?;
    let mut declared = Vec::new();
    for (kind, names) in root["resource"].as_object().into_iter().flatten() {
        for name in names.as_object().into_iter().flat_map(serde_json::Map::keys) {
            declared.push(ResourceName { kind: kind.clone(), name: name.clone() });
        }
    }
    let blocks = match &root["moved"] {
        Value::Array(blocks) => blocks.as_slice(),
        block @ Value::Object(_) => std::slice::from_ref(block),
        _ => &[],
    };
    let moved = blocks.iter().filter_map(|block| parse_address(block["from"].as_str()?)).collect();
    Ok((declared, moved))
}

/// `TYPE.NAME`, with or without an instance key.
fn parse_address(text: &str) -> Option<ResourceName> {
    let (kind, rest) = text.trim().split_once('.')?;
    let name = rest.split('[').next()?.trim();
    (!name.contains('.')).then(|| ResourceName { kind: kind.to_owned(), name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(files: &[(&str, &str)]) -> Result<Module, StartError> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Module::read(folder.path(), &BTreeSet::from(["db".to_owned(), "bucket".to_owned()]))
    }

    fn named(kind: &str, name: &str) -> ResourceName {
        ResourceName { kind: kind.to_owned(), name: name.to_owned() }
    }

    #[test]
    fn guards_what_is_stateful_in_either_syntax() {
        let module = module(&[
            ("a.tf", "resource \"db\" \"site\" {\n name = \"x\"\n}\nresource \"net\" \"n\" {}\n"),
            (
                "b.tf.json",
                r#"{"resource": {"bucket": {"media": {}}}, "moved": {"from": "bucket.old", "to": "bucket.media"}}"#,
            ),
            ("c.tf", "moved {\n  from = db.old[0]\n  to = db.site\n}\n"),
            ("d.sql", "-- resource \"db\" \"in_a_script\" {}"),
            ("t.tftest.hcl", "resource \"db\" \"in_a_test\" {}"),
        ])
        .unwrap();
        let guard = module.guard().unwrap();
        insta::assert_snapshot!(guard, @r#"{"resource":{"bucket":{"media":{"lifecycle":{"prevent_destroy":true}}},"db":{"site":{"lifecycle":{"prevent_destroy":true}}}}}"#);
        let orphaned = [
            (named("db", "site"), false),
            (named("bucket", "media"), false),
            (named("db", "old"), false),
            (named("bucket", "old"), false),
            (named("db", "in_a_test"), true),
            (named("db", "gone"), true),
            (named("net", "gone"), false),
        ];
        for (resource, expected) in orphaned {
            assert_eq!(module.orphans(&resource), expected, "{resource:?}");
        }
        assert_eq!(module.files().map(|(name, _)| name).collect::<Vec<_>>(), ["a.tf", "b.tf.json", "c.tf", "d.sql"]);
    }

    #[test]
    fn no_module_no_start() {
        assert!(module(&[("readme.md", "")]).unwrap_err().to_string().contains("no *.tf file"));
        assert!(module(&[("a.tf.json", "{")]).unwrap_err().to_string().contains("a.tf.json"));
        let nowhere = Module::read(Path::new("/nowhere/at/all"), &BTreeSet::new()).unwrap_err().to_string();
        assert!(nowhere.contains("/nowhere/at/all"), "{nowhere}");
    }
}
