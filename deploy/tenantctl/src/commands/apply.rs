//! `apply`: create or update, and follow.

use std::path::PathBuf;

use super::{Context, definitions, source};
use crate::args::FollowArguments;
use crate::exit::{Exit, Failure};
use crate::work::outcome::Report;
use crate::work::{Job, Probably, What};

pub(super) async fn run(paths: &[PathBuf], follow: &FollowArguments, context: &Context<'_>) -> Result<Exit, Failure> {
    let jobs = definitions(paths)?.into_iter().map(|defined| Job {
        what: What::Put { definition: source(&defined), probably: Probably::There },
        file: Some(defined.path),
        tenant: defined.tenant,
    });
    let report = Report::new(context.work(jobs.collect(), follow).await);
    context.report(&report)?;
    Ok(report.exit())
}
