//! The routes: one builder a function, one controller a verb. What each answers is in [`openapi`](super::openapi).

mod approvals;
mod assets;
mod create;
mod definitions;
mod delete;
mod drift;
mod events;
mod fleet;
mod get;
mod health;
mod list;
mod openapi;
mod operations;
mod sweep;
mod tasks;
mod undelete;
mod update;
mod upgrade_plugins;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post, put};
use tower_http::catch_panic::CatchPanicLayer;

use super::access_log::log_request;
use super::events::EventSource;
use super::follow::follow;
use super::identity::{Gate, guarded};
use super::problem::{Problem, kinds, render};
use super::read_on::read_on;
use crate::reconcile::{Reconciler, Sweeper, Watcher};
use crate::tenants::{Commands, Queries};

/// What controllers that change something work with.
#[derive(Clone)]
pub struct Door {
    /// Carries commands out.
    pub commands: Commands,
    /// Who is let in.
    pub gate: Gate,
}

/// `create-tenant`.
pub fn create_tenant(door: Door) -> Router {
    guarded(Router::new().route("/tenants", post(create::create)), &door.gate).with_state(door.commands)
}

/// `update-tenant`.
pub fn update_tenant(door: Door) -> Router {
    let routes = Router::new()
        .route("/tenants/{id}", put(update::update))
        .route("/tenants/{id}/approvals", post(approvals::approve))
        .route("/tenants/{id}/plugins/upgrade", post(upgrade_plugins::upgrade))
        .route("/tenants/{id}/undelete", post(undelete::undelete));
    guarded(routes, &door.gate).with_state(door.commands)
}

/// `delete-tenant`.
pub fn delete_tenant(door: Door) -> Router {
    let routes = Router::new().route("/tenants/{id}", axum::routing::delete(delete::delete));
    guarded(routes, &door.gate).with_state(door.commands)
}

/// `get-tenant`.
pub fn get_tenant(queries: Queries, gate: &Gate) -> Router {
    let routes = Router::new()
        .route("/fleet", get(fleet::fleet))
        .route("/fleet/drift", get(drift::drift))
        .route("/tenants", get(list::tenants))
        .route("/tenants/{id}", get(get::tenant))
        .route("/tenants/{id}/definitions", get(definitions::generations))
        .route("/tenants/{id}/definitions/{generation}", get(definitions::source))
        .route("/tenants/{id}/operations", get(operations::operations))
        .route("/tenants/{id}/operations/{operation}", get(operations::operation))
        .route("/tenants/{id}/operations/{operation}/log", get(operations::log));
    guarded(routes, gate).with_state(queries)
}

/// `definition-changed`.
pub fn definition_changed(watcher: Watcher, source: EventSource, gate: &Gate) -> Router {
    let routes = Router::new().route("/events", post(events::receive)).route("/assets", post(assets::receive));
    guarded(routes, gate).with_state((watcher, source))
}

/// `reconcile-tenant`.
pub fn reconcile_tenant(reconciler: Reconciler, gate: &Gate) -> Router {
    guarded(Router::new().route("/tasks", post(tasks::receive)), gate).with_state(reconciler)
}

/// `check-drift`.
pub fn check_drift(sweeper: Sweeper, gate: &Gate) -> Router {
    guarded(Router::new().route("/sweep", post(sweep::sweep)), gate).with_state(sweeper)
}

/// What all functions together work with.
#[derive(Clone)]
pub struct Parts {
    /// For `create-tenant`, `update-tenant`, `delete-tenant`.
    pub door: Door,
    /// For `get-tenant`.
    pub queries: Queries,
    /// For `definition-changed`.
    pub watcher: Watcher,
    /// Whose events `definition-changed` takes.
    pub source: EventSource,
    /// For `reconcile-tenant`.
    pub reconciler: Reconciler,
    /// For `check-drift`.
    pub sweeper: Sweeper,
}

/// All functions in one process, behind one gate.
pub fn all(parts: Parts) -> Router {
    let Parts { door, queries, watcher, source, reconciler, sweeper } = parts;
    let gate = door.gate.clone();
    create_tenant(door.clone())
        .merge(update_tenant(door.clone()))
        .merge(delete_tenant(door))
        .merge(get_tenant(queries, &gate))
        .merge(definition_changed(watcher, source, &gate))
        .merge(reconcile_tenant(reconciler, &gate))
        .merge(check_drift(sweeper, &gate))
}

/// What every function has besides its own routes: its health, its description, an answer to whatever it does not know,
/// a line in the log a request, its trace, and an ear for what is still sent. To be applied once, last.
pub fn complete(routes: Router) -> Router {
    routes
        .route("/healthz", get(health::health))
        .route("/openapi.json", get(openapi::document))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(render))
        .layer(from_fn(log_request))
        .layer(from_fn(follow))
        .layer(from_fn(read_on))
}

async fn no_route() -> Problem {
    Problem::new(kinds::ROUTE_NOT_FOUND, "nothing is at this address; /openapi.json describes what there is")
}

async fn no_method(method: http::Method) -> Problem {
    let detail = format!("{method} does nothing here; the Allow header says what does");
    Problem::new(kinds::METHOD_NOT_ALLOWED, detail)
}

/// The panic's message is in the log already, by way of the hook; a caller has no use for it.
fn panicked(_: Box<dyn std::any::Any + Send>) -> axum::response::Response {
    let detail = "the request was not finished; what it had begun is recorded and goes on from there";
    axum::response::IntoResponse::into_response(Problem::new(kinds::INTERNAL, detail))
}
