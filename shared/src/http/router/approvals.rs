//! `POST /tenants/{id}/approvals`: what was held goes on, exactly as it was shown.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::Door;
use super::update::answered;
use crate::digest::Digest;
use crate::http::negotiate::{Accepts, NoParameters, Preferences, TenantPath, read_body};
use crate::http::problem::{Problem, kinds};
use crate::records::Trigger;

/// What is approved.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Approved {
    /// As the held tenant, or the preview of a change, says it.
    digest: Digest,
}

pub(super) async fn approve(
    State(door): State<Door>,
    TenantPath(tenant): TenantPath,
    accepts: Accepts,
    _: NoParameters,
    preferences: Preferences,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let sent = read_body(request).await?;
    let approved: Approved = serde_json::from_slice(&sent)
        .map_err(|error| Problem::new(kinds::MALFORMED_BODY, format!("send {{\"digest\": \"…\"}} as JSON: {error}")))?;
    let caller = door.identity.caller(&headers, Trigger::Api);
    let answer = door.commands.approve(&caller, &tenant, approved.digest, preferences.wait).await;
    let answer = answer.map_err(|error| Problem::of_command(error, Some(&tenant)))?;
    Ok(answered(accepts, StatusCode::OK, answer, preferences.wait).into_response())
}
