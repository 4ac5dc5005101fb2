//! `POST /tenants`: a new definition, and the tenant it describes.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use super::update::{answered, dry_run};
use crate::http::identity::Asking;
use crate::http::links;
use crate::http::negotiate::{Accepts, DryRun, Preferences, SubmittedDefinition};
use crate::http::problem::Problem;
use crate::records::Trigger;
use crate::tenant::{self, TenantId};
use crate::tenants::{CommandError, Commands, Submission};

pub(super) async fn create(
    State(commands): State<Commands>,
    accepts: Accepts,
    DryRun(dry): DryRun,
    preferences: Preferences,
    asking: Asking,
    SubmittedDefinition(submission): SubmittedDefinition,
) -> Result<Response, Problem> {
    let caller = asking.through(Trigger::Api);
    if dry {
        let preview = commands.preview_create(&caller, &submission).await;
        return Ok(dry_run(accepts, preview.map_err(|error| failed(error, &submission))?).into_response());
    }
    let answer = commands.create(&caller, submission.clone(), preferences.wait).await;
    let answer = answer.map_err(|error| failed(error, &submission))?;
    let location = links::tenant(&answer.tenant.tenant);
    let finished = answer.finished;
    let reply = answered(accepts, StatusCode::CREATED, answer, preferences.wait);
    Ok(if finished { reply.with(header::LOCATION, &location) } else { reply }.into_response())
}

/// The tenant stands in the definition only, and a failure is to name its operation's address.
fn failed(error: CommandError, submission: &Submission) -> Problem {
    let tenant: Option<TenantId> =
        tenant::parse(&submission.source, submission.format).ok().map(|definition| definition.metadata.name);
    Problem::of_command(error, tenant.as_ref())
}
