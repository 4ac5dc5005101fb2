//! `GET /fleet/drift`: what of the fleet is not what was applied, a page of tenants at a time.

use axum::extract::State;
use http::StatusCode;

use crate::http::negotiate::{Accepts, DriftParameters, PageMark, Reply, page_token};
use crate::http::problem::Problem;
use crate::http::resource::{ListResource, TenantDriftResource};
use crate::tenants::Queries;

pub(super) async fn drift(
    State(queries): State<Queries>,
    accepts: Accepts,
    DriftParameters { limit, from }: DriftParameters,
) -> Result<Reply, Problem> {
    let part = queries.drift(from, limit).await.map_err(|error| Problem::of_command(error, None))?;
    let items: Vec<_> = part.items.into_iter().map(TenantDriftResource::from).collect();
    let next_page_token = part.next.map(|next| page_token(PageMark::of_drift(), next));
    Ok(accepts.reply(StatusCode::OK, ListResource { items, next_page_token }))
}
