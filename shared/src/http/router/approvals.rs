//! `POST /tenants/{id}/approvals`: what was held goes on, exactly as it was shown.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;

use super::update::answered;
use crate::digest::Digest;
use crate::http::identity::Asking;
use crate::http::negotiate::{Accepts, NoParameters, Preferences, TenantPath, read_body};
use crate::http::problem::{Problem, kinds};
use crate::records::Trigger;
use crate::tenants::Commands;

/// What is approved.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Approved {
    /// As the held tenant, or the preview of a change, says it.
    digest: Digest,
}

pub(super) async fn approve(
    State(commands): State<Commands>,
    TenantPath(tenant): TenantPath,
    accepts: Accepts,
    _: NoParameters,
    preferences: Preferences,
    asking: Asking,
    request: Request,
) -> Result<Response, Problem> {
    let sent = read_body(request).await?;
    let approved: Approved = serde_json::from_slice(&sent)
        .map_err(|error| Problem::new(kinds::MALFORMED_BODY, format!("send {{\"digest\": \"…\"}} as JSON: {error}")))?;
    let caller = asking.through(Trigger::Api);
    let answer = commands.approve(&caller, &tenant, approved.digest, preferences.wait).await;
    let answer = answer.map_err(|error| Problem::of_command(error, Some(&tenant)))?;
    Ok(answered(accepts, StatusCode::OK, answer, preferences.wait).into_response())
}
