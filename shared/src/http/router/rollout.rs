//! `/fleet/rollout`: how a change of the platform reaches the fleet, and what somebody asks of it.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::StatusCode;

use crate::http::identity::Asking;
use crate::http::negotiate::{Accepts, NoParameters, Reply};
use crate::http::problem::{Problem, kinds};
use crate::http::resource::RolloutResource;
use crate::records::Trigger;
use crate::rollout::Order;
use crate::tenants::{Commands, Queries};

pub(super) async fn rollout(
    State(queries): State<Queries>,
    accepts: Accepts,
    _: NoParameters,
) -> Result<Reply, Problem> {
    let rollout = queries.rollout().await.map_err(|error| Problem::of_command(error, None))?;
    Ok(accepts.reply(StatusCode::OK, RolloutResource::from(rollout)))
}

pub(super) async fn order(
    State(commands): State<Commands>,
    order: Result<Path<String>, PathRejection>,
    accepts: Accepts,
    _: NoParameters,
    asking: Asking,
) -> Result<Reply, Problem> {
    let named = |known: &Order| order.as_ref().is_ok_and(|Path(order)| known.as_str() == order);
    let order = Order::ALL.into_iter().find(named).ok_or_else(|| {
        let detail = "a rollout can be asked to pause, resume, abort or undo";
        Problem::new(kinds::ROUTE_NOT_FOUND, detail)
    })?;
    let rollout = commands
        .rollout(&asking.through(Trigger::Api), order)
        .await
        .map_err(|error| Problem::of_command(error, None))?;
    Ok(accepts.reply(StatusCode::OK, RolloutResource::from(rollout)))
}
