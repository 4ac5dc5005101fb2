//! `POST /sweep`: look at every tenant once.

use axum::extract::State;
use http::StatusCode;

use crate::http::negotiate::{Accepts, NoParameters, Reply};
use crate::http::problem::Problem;
use crate::http::resource::SweepResource;
use crate::reconcile::Sweeper;

pub(super) async fn sweep(
    State(sweeper): State<Sweeper>,
    accepts: Accepts,
    NoParameters: NoParameters,
) -> Result<Reply, Problem> {
    let report = sweeper.sweep().await.map_err(|error| Problem::of_command(error, None))?;
    Ok(accepts.reply(StatusCode::OK, SweepResource::from(report)))
}
