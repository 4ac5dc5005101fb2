//! `sync`: the tenants follow a range of history. Nothing is called before every definition is valid and every guard
//! passed.

use std::collections::BTreeMap;

use tenancy::tenant::TenantId;

use super::changed::{Looked, look, look_at_all, table};
use super::{Context, list, source};
use crate::args::SyncArguments;
use crate::exit::{Exit, Failure};
use crate::files::{Defined, check};
use crate::work::changed::{Changed, TenantFile};
use crate::work::guard::{self, Limits, Refusal};
use crate::work::outcome::{Outcome, Report, Verdict};
use crate::work::{Job, Probably, What};

pub(super) async fn run(arguments: &SyncArguments, context: &Context<'_>) -> Result<Exit, Failure> {
    let Looked { range, files, changed } = if arguments.full {
        look_at_all(&arguments.range, list::names(context).await?).await?
    } else {
        look(&arguments.range, context.output).await?
    };
    let number = files.len();
    let defined = check(files).map_err(|problems| Failure::Definitions { problems, files: number })?;
    let limits = Limits { max_deletes: arguments.deletes(), allow_rename: arguments.allow_rename };
    guard::check(&changed, defined.len(), limits).map_err(|Refusal { what, next }| Failure::Refused { what, next })?;
    if arguments.dry_run {
        context.output.show(&changed, || context.output.table(&table(&changed)))?;
        context.output.note("nothing was done: --dry-run");
        return Ok(Exit::Ok);
    }
    let (puts, deletes) = jobs(&changed, defined);
    // First what is to be there, then what is to go: a name's successor is up before its predecessor is gone.
    let mut outcomes = context.work(puts, &arguments.follow).await;
    let (deletes, kept) = without_lost_renames(deletes, &changed, &outcomes);
    outcomes.extend(kept);
    outcomes.extend(context.work(deletes, &arguments.follow).await);
    let failed = outcomes.iter().any(Outcome::is_bad);
    context.report(&Report::new(outcomes))?;
    let to = range.to.short();
    if failed {
        context.output.note(&format!("not all of {to} is done; run the same command again when the reasons are gone"));
        return Ok(Exit::Partial);
    }
    context.output.note(&format!("synced to {to}"));
    Ok(Exit::Ok)
}

/// A renamed tenant's old name goes only when its new one has come: one of the two is always there.
fn without_lost_renames(deletes: Vec<Job>, changed: &Changed, outcomes: &[Outcome]) -> (Vec<Job>, Vec<Outcome>) {
    let failed = |tenant: &TenantId| outcomes.iter().any(|outcome| outcome.tenant == *tenant && outcome.is_bad());
    let mut kept = Vec::new();
    let deletes =
        deletes.into_iter().filter(|job| {
            let successor = changed.renamed.iter().find(|pair| pair.from == job.tenant).map(|pair| &pair.to);
            let lost = successor.filter(|successor| failed(successor));
            kept.extend(lost.map(|successor| {
                Outcome::new(job.tenant.clone(), job.file.clone(), Verdict::Skipped).kept_for(successor)
            }));
            lost.is_none()
        });
    let deletes = deletes.collect();
    (deletes, kept)
}

fn jobs(changed: &Changed, defined: Vec<Defined>) -> (Vec<Job>, Vec<Job>) {
    let by_tenant: BTreeMap<TenantId, Defined> =
        defined.into_iter().map(|defined| (defined.tenant.clone(), defined)).collect();
    let put = |file: &TenantFile, probably| {
        by_tenant.get(&file.tenant).map(|defined| Job {
            tenant: file.tenant.clone(),
            file: Some(defined.path.clone()),
            what: What::Put { definition: source(defined), probably },
        })
    };
    let added = changed.added.iter().filter_map(|file| put(file, Probably::New));
    let modified = changed.modified.iter().filter_map(|file| put(file, Probably::There));
    let deletes = changed.deleted.iter().map(|file| Job {
        tenant: file.tenant.clone(),
        file: Some(file.file.clone()).filter(|file| !file.is_empty()),
        what: What::Delete { may_be_absent: true, force: false },
    });
    (added.chain(modified).collect(), deletes.collect())
}
