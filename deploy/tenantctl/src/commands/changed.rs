//! `changed`: what a range of history means for the tenants.

use std::collections::{BTreeMap, BTreeSet};

use tenancy::tenant::TenantId;

use crate::args::RangeArguments;
use crate::exit::{Exit, Failure};
use crate::files::{DefinitionFile, stem};
use crate::git::{Base, Range, Repository, range};
use crate::output::{Output, Table, Tone};
use crate::work::changed::Changed;

/// A range and the definitions that are there at its end.
pub(super) struct Looked {
    pub(super) range: Range,
    pub(super) files: Vec<DefinitionFile>,
    pub(super) changed: Changed,
}

pub(super) async fn run(arguments: &RangeArguments, output: &Output) -> Result<Exit, Failure> {
    let looked = look(arguments, output).await?;
    let changed = &looked.changed;
    output.show(changed, || output.table(&table(changed)))?;
    if changed.is_empty() {
        output.note("no tenant is concerned");
    }
    Ok(Exit::Ok)
}

/// Compares with the tenants that are there, whatever the history says.
pub(super) async fn look_at_all(arguments: &RangeArguments, there: BTreeSet<TenantId>) -> Result<Looked, Failure> {
    let repository = Repository::at(arguments.repo.clone());
    let range = range(&repository, None, &arguments.to).await?;
    let files = repository.definition_files(&range.to, folder(arguments)).await?;
    let changed = Changed::between(there, &tenants(&files));
    Ok(Looked { range, files, changed })
}

/// Compares, and says so when there is nothing to compare with.
pub(super) async fn look(arguments: &RangeArguments, output: &Output) -> Result<Looked, Failure> {
    let repository = Repository::at(arguments.repo.clone());
    let folder = folder(arguments);
    let range = range(&repository, arguments.from.as_deref(), &arguments.to).await?;
    let files = repository.definition_files(&range.to, folder).await?;
    let defined = tenants(&files);
    let changed = match &range.base {
        Base::Commit(base) => Changed::from_files(&repository.changes(base, &range.to, folder).await?, &defined),
        Base::Nothing(why) => {
            output.note(&format!("{why}; every file counts as added, and no tenant as deleted"));
            Changed::everything(&defined)
        }
    };
    Ok(Looked { range, files, changed })
}

fn folder(arguments: &RangeArguments) -> &str {
    let folder = arguments.folder.trim_start_matches("./").trim_matches('/');
    if folder == "." { "" } else { folder }
}

fn tenants(files: &[DefinitionFile]) -> BTreeMap<TenantId, String> {
    files.iter().filter_map(|file| Some((stem(&file.path).parse().ok()?, file.path.clone()))).collect()
}

pub(super) fn table(changed: &Changed) -> Table {
    let mut table = Table::new(&["CHANGE", "TENANT", "FILE"]);
    let renamed = |tenant: &TenantId| changed.renamed.iter().find(|pair| pair.from == *tenant || pair.to == *tenant);
    let parts = [
        ("added", &changed.added, Tone::Good),
        ("modified", &changed.modified, Tone::Note),
        ("deleted", &changed.deleted, Tone::Bad),
    ];
    for (word, files, tone) in parts {
        for file in files {
            let rename = renamed(&file.tenant).map(|pair| format!(" (renamed: {} to {})", pair.from, pair.to));
            let change = format!("{word}{}", rename.unwrap_or_default());
            table.row(tone, [change, file.tenant.to_string(), file.file.clone()]);
        }
    }
    table
}
