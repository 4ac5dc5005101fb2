//! `undelete`: a deleted tenant is wanted again.

use tenancy::tenant::TenantId;

use super::Context;
use crate::args::FollowArguments;
use crate::exit::{Exit, Failure};
use crate::work::outcome::Report;
use crate::work::{Job, What};

pub(super) async fn run(tenant: &TenantId, follow: &FollowArguments, context: &Context<'_>) -> Result<Exit, Failure> {
    let job = Job { tenant: tenant.clone(), file: None, what: What::Undelete };
    let report = Report::new(context.work(vec![job], follow).await);
    context.report(&report)?;
    if report.exit() == Exit::Ok {
        let found = context.api.tenant(tenant).await?;
        let export = found.raw["status"]["restored"]["export"].as_str();
        context.output.note(&match export {
            Some(export) => format!("the site is empty; the export of its database lies at {export}"),
            None => "no export of its database is known; if its resources were kept, so was its database".to_owned(),
        });
    }
    Ok(report.exit())
}
