//! `GET /fleet`: the fleet in numbers.

use axum::extract::State;
use http::StatusCode;

use crate::http::negotiate::{Accepts, NoParameters, Reply};
use crate::http::problem::Problem;
use crate::http::resource::FleetResource;
use crate::tenants::Queries;

pub(super) async fn fleet(State(queries): State<Queries>, accepts: Accepts, _: NoParameters) -> Result<Reply, Problem> {
    let fleet = queries.fleet().await.map_err(|error| Problem::of_command(error, None))?;
    Ok(accepts.reply(StatusCode::OK, FleetResource::from(fleet)))
}
