//! What `sync` refuses before anything is done. Pure.

use super::changed::Changed;

/// What is allowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Deletions in one go.
    pub(crate) max_deletes: usize,
    /// Renames, each of which deletes a tenant.
    pub(crate) allow_rename: bool,
}

/// Why nothing is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What is refused.
    pub(crate) what: String,
    /// What allows it.
    pub(crate) next: String,
}

/// Whether a sync may begin. `remaining`: definitions that are there afterwards.
pub(crate) fn check(changed: &Changed, remaining: usize, limits: Limits) -> Result<(), Refusal> {
    if remaining == 0 {
        let what = "the folder holds no definition at that revision; an empty folder deletes nothing".to_owned();
        let next = "name the folder with --folder; to delete the last tenants, use `tenantctl delete`".to_owned();
        return Err(Refusal { what, next });
    }
    if !changed.renamed.is_empty() && !limits.allow_rename {
        let pairs = changed.renamed.iter().map(|pair| format!("{} to {}", pair.from, pair.to));
        let what = format!(
            "git sees a rename, {}; a tenant cannot be renamed: the old one would be deleted with its data, and the new \
             one begin empty",
            pairs.collect::<Vec<_>>().join(", ")
        );
        let next = "rename the file back, or pass --allow-rename if the old one is meant to go".to_owned();
        return Err(Refusal { what, next });
    }
    let deletions = changed.deleted.len();
    if deletions > limits.max_deletes {
        let names = changed.deleted.iter().map(|file| file.tenant.to_string()).collect::<Vec<_>>().join(", ");
        let what = format!(
            "{} would be deleted, at most {} allowed: {names}",
            crate::exit::count(deletions, "tenant"),
            limits.max_deletes
        );
        let next = format!("put the files back, or pass --max-deletes {deletions} if they are meant to go");
        return Err(Refusal { what, next });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::changed::{Renamed, TenantFile};

    #[test]
    fn what_is_refused() {
        let file = |name: &str| TenantFile { tenant: name.parse().unwrap(), file: format!("{name}.yaml") };
        let deleted =
            |names: &[&str]| Changed { deleted: names.iter().map(|n| file(n)).collect(), ..Changed::default() };
        let renamed = Changed {
            renamed: vec![Renamed { from: "acme".parse().unwrap(), to: "beta".parse().unwrap() }],
            ..deleted(&["acme"])
        };
        let two = deleted(&["acme", "beta"]);
        for (changed, remaining, max_deletes, allow_rename, expected) in [
            (&two, 1, 2, false, None),
            (&two, 1, 1, false, Some("2 tenants would be deleted, at most 1 allowed: acme, beta")),
            (&two, 0, 2, true, Some("the folder holds no definition at that revision")),
            (&renamed, 1, 1, false, Some("git sees a rename, acme to beta; a tenant cannot be renamed")),
            (&renamed, 1, 1, true, None),
            (&renamed, 1, 0, true, Some("1 tenant would be deleted, at most 0 allowed: acme")),
        ] {
            let found =
                check(changed, remaining, Limits { max_deletes, allow_rename }).err().map(|refusal| refusal.what);
            match expected {
                Some(start) => assert!(found.as_ref().is_some_and(|what| what.starts_with(start)), "{found:?}"),
                None => assert_eq!(found, None),
            }
        }
    }
}
