//! `rollback`: an earlier generation of a definition becomes the new one.

use tenancy::store::Generation;
use tenancy::tenant::TenantId;

use super::Context;
use crate::args::FollowArguments;
use crate::exit::{Exit, Failure};
use crate::work::outcome::{Outcome, Report, Verdict};
use crate::work::{Job, Probably, Source, What};

pub(super) async fn run(
    tenant: &TenantId,
    to: Generation,
    follow: &FollowArguments,
    context: &Context<'_>,
) -> Result<Exit, Failure> {
    let kept = context.api.definitions(tenant).await?;
    let live = context.api.live_generation(tenant).await?;
    if !kept.iter().any(|item| item.value.generation == to) {
        return Err(Failure::NotFound {
            what: format!("generation {to} of '{tenant}' is not kept"),
            next: format!("choose one of `tenantctl history {tenant} --definitions`"),
        });
    }
    let outcomes = if live == Some(to) {
        vec![Outcome::new(tenant.clone(), None, Verdict::Unchanged)]
    } else {
        let (bytes, format) = context.api.definition(tenant, to).await?;
        let definition = Source { bytes, format };
        let what = match live {
            // What is there now is what was looked at: somebody else's newer change is not rolled back with it.
            Some(over) => What::PutOver { definition, over },
            None => What::Put { definition, probably: Probably::New },
        };
        context.work(vec![Job { tenant: tenant.clone(), file: None, what }], follow).await
    };
    let report = Report::new(outcomes);
    context.report(&report)?;
    Ok(report.exit())
}
