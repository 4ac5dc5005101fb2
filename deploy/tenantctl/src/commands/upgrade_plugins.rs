//! `upgrade-plugins`: what is wanted as `latest`, in its newest versions.

use tenancy::tenant::TenantId;

use super::Context;
use crate::args::FollowArguments;
use crate::exit::{Exit, Failure};
use crate::work::outcome::Report;
use crate::work::{Job, What};

pub(super) async fn run(tenant: &TenantId, follow: &FollowArguments, context: &Context<'_>) -> Result<Exit, Failure> {
    let job = Job { tenant: tenant.clone(), file: None, what: What::UpgradePlugins };
    let report = Report::new(context.work(vec![job], follow).await);
    context.report(&report)?;
    Ok(report.exit())
}
