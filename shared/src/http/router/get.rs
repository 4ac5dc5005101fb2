//! `GET /tenants/{id}`: what should be and what is.

use axum::extract::State;
use http::{StatusCode, header};

use crate::http::negotiate::{Accepts, NoParameters, Reply, TenantPath, entity_tag};
use crate::http::problem::Problem;
use crate::http::resource::TenantResource;
use crate::tenants::Queries;

// No 304 here: the tag names the definition, and the status beside it changes without it.
pub(super) async fn tenant(
    State(queries): State<Queries>,
    TenantPath(tenant): TenantPath,
    accepts: Accepts,
    NoParameters: NoParameters,
) -> Result<Reply, Problem> {
    let view = queries.tenant(&tenant).await.map_err(|error| Problem::of_command(error, Some(&tenant)))?;
    let tag = view.definition.as_ref().map(|definition| entity_tag(definition.generation));
    let reply = accepts.reply(StatusCode::OK, TenantResource::from(view));
    Ok(match tag {
        Some(tag) => reply.with(header::ETAG, &tag),
        None => reply,
    })
}
