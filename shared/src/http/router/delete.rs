//! `DELETE /tenants/{id}`: destroy it now.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::update::{accepted, dry_run, if_expected};
use crate::http::identity::Asking;
use crate::http::negotiate::{Accepts, DeleteParameters, Expected, Preferences, TenantPath};
use crate::http::problem::Problem;
use crate::http::resource::OperationReference;
use crate::records::Trigger;
use crate::tenants::Commands;

pub(super) async fn delete(
    State(commands): State<Commands>,
    TenantPath(tenant): TenantPath,
    accepts: Accepts,
    DeleteParameters { dry, force }: DeleteParameters,
    expected: Expected,
    preferences: Preferences,
    asking: Asking,
) -> Result<Response, Problem> {
    let failed = |error| Problem::of_command(error, Some(&tenant));
    let caller = asking.through(Trigger::Api);
    if dry {
        let preview = |when| commands.preview_delete(&caller, &tenant, when);
        return Ok(dry_run(accepts, if_expected(&expected, preview).await.map_err(failed)?).into_response());
    }
    let delete = |when| commands.delete(&caller, &tenant, when, force, preferences.wait);
    let answer = if_expected(&expected, delete).await.map_err(failed)?;
    if !answer.finished {
        return Ok(accepted(accepts, answer, preferences.wait).into_response());
    }
    let reference = OperationReference::new(tenant.clone(), answer.operation, true);
    Ok(accepts.reply(StatusCode::OK, reference).into_response())
}
