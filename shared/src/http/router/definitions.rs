//! `GET /tenants/{id}/definitions…`: earlier definitions, as their owner wrote them; what a rollback reads.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};

use crate::http::negotiate::{Accepts, DefinitionPath, NoParameters, Reply, TenantPath, entity_tag, none_match};
use crate::http::problem::{Problem, kinds};
use crate::http::resource::{DefinitionGeneration, ListResource};
use crate::tenants::{CommandError, Queries};

pub(super) async fn generations(
    State(queries): State<Queries>,
    TenantPath(tenant): TenantPath,
    accepts: Accepts,
    NoParameters: NoParameters,
) -> Result<Reply, Problem> {
    let found = queries.definition_generations(&tenant).await;
    let found = found.map_err(|error| Problem::of_command(error, Some(&tenant)))?;
    let items: Vec<_> = found.into_iter().map(DefinitionGeneration::from).collect();
    Ok(accepts.reply(StatusCode::OK, ListResource { items, next_page_token: None }))
}

/// Byte for byte, in the format it was written in, whatever is accepted. A generation never changes, so a caller that has
/// it is told so without a look.
pub(super) async fn source(
    State(queries): State<Queries>,
    DefinitionPath(tenant, generation): DefinitionPath,
    NoParameters: NoParameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let tag = entity_tag(generation);
    let kept = [(header::ETAG, tag.as_str()), (header::CACHE_CONTROL, "private, max-age=31536000, immutable")];
    if none_match(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    let failed = |error: CommandError| Problem::of_command(error, Some(&tenant));
    let Some(found) = queries.definition_at(&tenant, generation).await.map_err(failed)? else {
        let detail = format!("the bucket does not have generation {generation} of the definition of '{tenant}'");
        let problem = Problem::new(kinds::GENERATION_NOT_FOUND, detail);
        return Err(problem.with("tenant", tenant).with("generation", generation));
    };
    Ok((kept, [(header::CONTENT_TYPE, found.format.media_type())], found.source).into_response())
}
