//! `approve`: what was held goes on, exactly as it was shown.

use tenancy::digest::Digest;
use tenancy::tenant::TenantId;

use super::Context;
use crate::args::FollowArguments;
use crate::exit::{Exit, Failure};
use crate::work::outcome::Report;
use crate::work::{Job, What};

pub(super) async fn run(
    tenant: &TenantId,
    digest: Digest,
    follow: &FollowArguments,
    context: &Context<'_>,
) -> Result<Exit, Failure> {
    let job = Job { tenant: tenant.clone(), file: None, what: What::Approve { digest } };
    let report = Report::new(context.work(vec![job], follow).await);
    context.report(&report)?;
    Ok(report.exit())
}
