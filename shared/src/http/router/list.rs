//! `GET /tenants`: the fleet, a page at a time.

use axum::extract::State;
use http::StatusCode;

use crate::http::negotiate::{Accepts, ListParameters, PageMark, Reply, page_token};
use crate::http::problem::Problem;
use crate::http::resource::{ListResource, TenantSummaryResource};
use crate::tenants::Queries;

pub(super) async fn tenants(
    State(queries): State<Queries>,
    accepts: Accepts,
    ListParameters { filter, limit, from }: ListParameters,
) -> Result<Reply, Problem> {
    let part = queries.tenants(filter, from, limit).await.map_err(|error| Problem::of_command(error, None))?;
    let items: Vec<_> = part.items.into_iter().map(TenantSummaryResource::from).collect();
    let next_page_token = part.next.map(|next| page_token(PageMark::of_list(filter), next));
    Ok(accepts.reply(StatusCode::OK, ListResource { items, next_page_token }))
}
