//! From changes of files to changes of tenants. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tenancy::tenant::TenantId;

use crate::files::{format_of, stem};
use crate::git::FileChange;

/// What a range means for the tenants. Each tenant is in one of the first three.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Changed {
    /// Their definition is new.
    pub(crate) added: Vec<TenantFile>,
    /// Their definition has other content or another place.
    pub(crate) modified: Vec<TenantFile>,
    /// Their definition is gone.
    pub(crate) deleted: Vec<TenantFile>,
    /// Of the added and the deleted: which took the place of which.
    pub(crate) renamed: Vec<Renamed>,
}

/// A tenant and its definition's file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TenantFile {
    /// Who.
    pub(crate) tenant: TenantId,
    /// Where it is defined, or was.
    pub(crate) file: String,
}

/// A tenant whose file became another tenant's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Renamed {
    /// Before.
    pub(crate) from: TenantId,
    /// After.
    pub(crate) to: TenantId,
}

impl Changed {
    /// Every tenant that is defined, as added: there is nothing to compare with.
    pub(crate) fn everything(defined: &BTreeMap<TenantId, String>) -> Self {
        let added = defined.iter().map(|(tenant, file)| TenantFile { tenant: tenant.clone(), file: file.clone() });
        Self { added: added.collect(), ..Self::default() }
    }

    /// What is to be done so that exactly the defined tenants are there. Which of those on both sides differ is for the
    /// API to say.
    pub(crate) fn between(there: BTreeSet<TenantId>, defined: &BTreeMap<TenantId, String>) -> Self {
        let (both, come): (BTreeSet<_>, BTreeSet<_>) =
            defined.keys().cloned().partition(|tenant| there.contains(tenant));
        let gone = there.into_iter().filter(|tenant| !defined.contains_key(tenant));
        Self {
            added: with_files(come, defined),
            modified: with_files(both, defined),
            deleted: gone.map(|tenant| TenantFile { tenant, file: String::new() }).collect(),
            renamed: Vec::new(),
        }
    }

    /// What changes of files mean, given every file that is there afterwards: a tenant that some file still defines
    /// is not deleted, whatever became of another file of its.
    pub(crate) fn from_files(changes: &[FileChange], defined: &BTreeMap<TenantId, String>) -> Self {
        let mut gone: BTreeMap<TenantId, String> = BTreeMap::new();
        let mut come: BTreeSet<TenantId> = BTreeSet::new();
        let mut touched: BTreeSet<TenantId> = BTreeSet::new();
        let mut renamed = Vec::new();
        for change in changes {
            match change {
                FileChange::Added(path) => come.extend(tenant_of(path)),
                FileChange::Modified(path) => touched.extend(tenant_of(path)),
                FileChange::Deleted(path) => gone.extend(tenant_of(path).map(|tenant| (tenant, path.clone()))),
                FileChange::Renamed { from, to } => {
                    let (old, new) = (tenant_of(from), tenant_of(to));
                    gone.extend(old.clone().map(|tenant| (tenant, from.clone())));
                    come.extend(new.clone());
                    renamed.extend(old.zip(new).filter(|(old, new)| old != new));
                }
            }
        }
        // Moved, or one of two files removed: still there.
        touched.extend(gone.keys().filter(|tenant| defined.contains_key(*tenant)).cloned());
        gone.retain(|tenant, _| !defined.contains_key(tenant));
        come.retain(|tenant| !touched.contains(tenant));
        renamed.retain(|(old, new)| gone.contains_key(old) && come.contains(new));
        Self {
            added: with_files(come, defined),
            modified: with_files(touched, defined),
            deleted: gone.into_iter().map(|(tenant, file)| TenantFile { tenant, file }).collect(),
            renamed: renamed.into_iter().map(|(from, to)| Renamed { from, to }).collect(),
        }
    }

    /// Whether no tenant is concerned.
    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.deleted.is_empty()
    }
}

/// Whose definition a path is; `None` if it is none, or is one nobody could ever have applied.
fn tenant_of(path: &str) -> Option<TenantId> {
    format_of(path)?;
    stem(path).parse().ok()
}

fn with_files(tenants: BTreeSet<TenantId>, defined: &BTreeMap<TenantId, String>) -> Vec<TenantFile> {
    let file = |tenant: TenantId| defined.get(&tenant).cloned().map(|file| TenantFile { tenant, file });
    tenants.into_iter().filter_map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(changes: &[(&str, &str)], after: &[&str], expected: &str) {
        let own = |path: &str| format!("tenants/{path}");
        let changes: Vec<FileChange> = changes
            .iter()
            .map(|(status, path)| match (*status, path.split_once(" -> ")) {
                ("A", _) => FileChange::Added(own(path)),
                ("M", _) => FileChange::Modified(own(path)),
                ("D", _) => FileChange::Deleted(own(path)),
                (_, Some((from, to))) => FileChange::Renamed { from: own(from), to: own(to) },
                _ => panic!("{status} {path}"),
            })
            .collect();
        let defined = after.iter().map(|path| (stem(path).parse().unwrap(), own(path))).collect();
        let found = Changed::from_files(&changes, &defined);
        let list = |sign: &str, files: &[TenantFile]| {
            files.iter().map(|file| format!("{sign}{}", file.tenant)).collect::<Vec<_>>().join(" ")
        };
        let renamed: Vec<String> = found.renamed.iter().map(|pair| format!("{}>{}", pair.from, pair.to)).collect();
        let parts = [list("+", &found.added), list("~", &found.modified), list("-", &found.deleted), renamed.join(" ")];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        assert_eq!(parts.join(" "), expected, "{changes:?}");
    }

    #[test]
    fn what_a_comparison_with_the_tenants_that_are_there_means() {
        let there = ["acme", "gone"].map(|name| name.parse().unwrap()).into();
        let defined = ["acme", "new"].map(|name| (name.parse().unwrap(), format!("tenants/{name}.yaml"))).into();
        let Changed { added, modified, deleted, renamed } = Changed::between(there, &defined);
        let names = |files: &[TenantFile]| files.iter().map(|file| file.tenant.to_string()).collect::<Vec<_>>();
        assert_eq!(
            (names(&added), names(&modified), names(&deleted)),
            (vec!["new".into()], vec!["acme".into()], vec!["gone".into()])
        );
        assert!(renamed.is_empty());
    }

    #[test]
    fn what_files_mean_for_tenants() {
        check(&[("A", "acme.yaml")], &["acme.yaml"], "+acme");
        check(&[("M", "acme.yaml")], &["acme.yaml"], "~acme");
        check(&[("D", "acme.yaml")], &[], "-acme");
        check(&[("R", "acme.yaml -> beta.yaml")], &["beta.yaml"], "+beta -acme acme>beta");
        // The same tenant at another place or in another format.
        check(&[("R", "acme.yaml -> eu/acme.yaml")], &["eu/acme.yaml"], "~acme");
        check(&[("D", "acme.yaml"), ("A", "acme.json")], &["acme.json"], "~acme");
        // One of two files that defined it was removed.
        check(&[("D", "old/acme.yaml")], &["acme.yaml"], "~acme");
        // The file became another tenant's, and its own tenant has a new file.
        check(&[("R", "acme.yaml -> beta.yaml"), ("A", "acme.json")], &["acme.json", "beta.yaml"], "+beta ~acme");
        // No definitions, and none that could ever be applied.
        check(&[("A", "README.md"), ("D", "Bad Name.yaml"), ("M", ".yamllint.yaml")], &[], "");
        // A file that was no definition becomes one.
        check(&[("R", "template.txt -> acme.yaml")], &["acme.yaml"], "+acme");
    }
}
