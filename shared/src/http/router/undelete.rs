//! `POST /tenants/{id}/undelete`: a tenant that was deleted is wanted again.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::update::answered;
use crate::http::identity::Asking;
use crate::http::negotiate::{Accepts, NoParameters, Preferences, TenantPath};
use crate::http::problem::Problem;
use crate::records::Trigger;
use crate::tenants::Commands;

pub(super) async fn undelete(
    State(commands): State<Commands>,
    TenantPath(tenant): TenantPath,
    accepts: Accepts,
    _: NoParameters,
    preferences: Preferences,
    asking: Asking,
) -> Result<Response, Problem> {
    let caller = asking.through(Trigger::Api);
    let answer = commands.undelete(&caller, &tenant, preferences.wait).await;
    let answer = answer.map_err(|error| Problem::of_command(error, Some(&tenant)))?;
    Ok(answered(accepts, StatusCode::OK, answer, preferences.wait).into_response())
}
