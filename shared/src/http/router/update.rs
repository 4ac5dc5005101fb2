//! `PUT /tenants/{id}`: the definition from now on.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, StatusCode, header};

use crate::http::identity::Asking;
use crate::http::links;
use crate::http::negotiate::{
    Accepts, DryRun, Expected, Preferences, Reply, SubmittedDefinition, TenantPath, entity_tag,
};
use crate::http::problem::Problem;
use crate::http::resource::{OperationReference, PreviewResource, TenantResource};
use crate::records::Trigger;
use crate::tenants::{Answer, CommandError, Commands, IfMatch, Preview, Wait};

#[expect(clippy::too_many_arguments, reason = "each is one part of the request, and axum calls it")]
pub(super) async fn update(
    State(commands): State<Commands>,
    TenantPath(tenant): TenantPath,
    accepts: Accepts,
    DryRun(dry): DryRun,
    expected: Expected,
    preferences: Preferences,
    asking: Asking,
    SubmittedDefinition(submission): SubmittedDefinition,
) -> Result<Response, Problem> {
    let failed = |error| Problem::of_command(error, Some(&tenant));
    let caller = asking.through(Trigger::Api);
    if dry {
        let preview = |when| commands.preview_update(&caller, &tenant, &submission, when);
        return Ok(dry_run(accepts, if_expected(&expected, preview).await.map_err(failed)?).into_response());
    }
    let update = |when| commands.update(&caller, &tenant, submission.clone(), when, preferences.wait);
    let answer = if_expected(&expected, update).await.map_err(failed)?;
    Ok(answered(accepts, StatusCode::OK, answer, preferences.wait).into_response())
}

/// Runs a command for the definitions a request was meant for: one after the other, as far as what is there is among them.
pub(super) async fn if_expected<T, Fut>(
    expected: &Expected,
    mut command: impl FnMut(IfMatch) -> Fut,
) -> Result<T, CommandError>
where
    Fut: Future<Output = Result<T, CommandError>>,
{
    match command(expected.first()).await {
        Err(CommandError::Stale { current }) => match expected.instead(current) {
            Some(other) => command(other).await,
            None => Err(CommandError::Stale { current }),
        },
        done => done,
    }
}

/// The tenant when it is done, the operation to follow when it is not.
pub(super) fn answered(accepts: Accepts, done: StatusCode, answer: Answer, wait: Wait) -> Reply {
    if !answer.finished {
        return accepted(accepts, answer, wait);
    }
    let tag = answer.tenant.definition.as_ref().map(|definition| entity_tag(definition.generation));
    let reply = accepts.reply(done, TenantResource::from(answer.tenant));
    match tag {
        Some(tag) => reply.with(header::ETAG, &tag),
        None => reply,
    }
}

/// 202 and where to look: because the caller preferred so, or because somebody else works on the tenant.
pub(super) fn accepted(accepts: Accepts, answer: Answer, wait: Wait) -> Reply {
    let Answer { tenant, operation, finished } = answer;
    let location = operation.map_or_else(|| links::tenant(&tenant.tenant), |id| links::operation(&tenant.tenant, id));
    let reference = OperationReference::new(tenant.tenant, operation, finished);
    let reply = accepts.reply(StatusCode::ACCEPTED, reference).with(header::LOCATION, &location);
    match wait {
        Wait::No => reply.with(HeaderName::from_static("preference-applied"), "respond-async"),
        Wait::ForResult => reply,
    }
}

pub(super) fn dry_run(accepts: Accepts, preview: Preview) -> Reply {
    accepts.reply(StatusCode::OK, PreviewResource::from(preview))
}
