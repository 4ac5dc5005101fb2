//! `delete`: asks first.

use tenancy::tenant::TenantId;

use super::Context;
use crate::args::FollowArguments;
use crate::exit::{Exit, Failure};
use crate::work::outcome::Report;
use crate::work::{Job, What};

pub(super) async fn run(
    tenant: &TenantId,
    yes: bool,
    force: bool,
    follow: &FollowArguments,
    context: &Context<'_>,
) -> Result<Exit, Failure> {
    if !yes {
        confirmed(tenant, context)?;
    }
    let job = Job { tenant: tenant.clone(), file: None, what: What::Delete { may_be_absent: false, force } };
    let report = Report::new(context.work(vec![job], follow).await);
    context.report(&report)?;
    Ok(report.exit())
}

fn confirmed(tenant: &TenantId, context: &Context<'_>) -> Result<(), Failure> {
    let question = format!("This deletes tenant '{tenant}' with its database and its media.");
    let what = match context.output.confirm(&question, tenant.as_str())? {
        Some(true) => return Ok(()),
        Some(false) => format!("'{tenant}' was not deleted: its name was not typed"),
        None => format!("'{tenant}' was not deleted: nobody is at a terminal to be asked"),
    };
    Err(Failure::Refused { what, next: format!("run `tenantctl delete {tenant} --yes` if it is meant to go") })
}
