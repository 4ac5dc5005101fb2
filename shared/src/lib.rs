//! `tenancy`: tenants as code.
//!
//! A tenant's definition is the desired state; this crate makes the cloud match it and keeps it so. The rooms, from the
//! inside out:
//!
//! - [`tenant`]: what a tenant is: ids, the definition, its problems. Pure.
//! - [`store`]: the port to buckets, with generations; adapters beside it.
//! - [`records`]: what we keep in buckets: definitions, status, leases, operations.
//! - [`provision`]: the port to whatever makes resources; `terraform` is its adapter.
//! - [`exports`]: the port to whatever exports a database before it is destroyed.
//! - [`placement`]: in which project a tenant is, and on which database instance. Pure.
//! - [`render`]: from a definition and the platform's settings to what the provisioner takes. Pure.
//! - [`retention`]: what was kept long enough, and goes.
//! - [`rollout`]: how a change of the platform reaches the fleet. Pure.
//! - [`reconcile`]: observe → decide → execute; the only path from a definition to a change.
//! - `redact`: secrets masked in what is told.
//! - [`trace`]: where something stands among what led to it. Pure.
//! - `http`: requests in, problem documents out; status codes live there and nowhere else.
//! - [`config`]: the environment is read there and nowhere else.

#[cfg(all(feature = "server", feature = "gcs"))]
pub mod assemble;
pub mod clock;
#[cfg(feature = "server")]
pub mod config;
pub mod digest;
pub mod exports;
#[cfg(feature = "server")]
pub mod http;
pub mod operation;
pub mod placement;
pub mod platform;
pub mod plugins;
pub mod provision;
pub mod reconcile;
pub mod records;
#[cfg(feature = "server")]
pub mod redact;
pub mod render;
pub mod retention;
pub mod rollout;
pub mod signals;
pub mod store;
pub mod tasks;
#[cfg(feature = "server")]
pub mod telemetry;
pub mod tenant;
pub mod tenants;
#[cfg(feature = "server")]
pub mod terraform;
pub mod trace;
