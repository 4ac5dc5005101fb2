//! `POST /tenants/{id}/plugins/upgrade`: what is wanted as `latest`, in its newest versions.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};

use super::Door;
use super::update::answered;
use crate::http::negotiate::{Accepts, NoParameters, Preferences, TenantPath};
use crate::http::problem::Problem;
use crate::records::Trigger;

pub(super) async fn upgrade(
    State(door): State<Door>,
    TenantPath(tenant): TenantPath,
    accepts: Accepts,
    NoParameters: NoParameters,
    preferences: Preferences,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = door.identity.caller(&headers, Trigger::Api);
    let answer = door.commands.upgrade_plugins(&caller, &tenant, preferences.wait).await;
    let answer = answer.map_err(|error| Problem::of_command(error, Some(&tenant)))?;
    Ok(answered(accepts, StatusCode::OK, answer, preferences.wait).into_response())
}
