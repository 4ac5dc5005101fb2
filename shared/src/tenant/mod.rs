//! What a tenant is: its id, its definition, and everything that can be wrong with one. Pure: no I/O, no clock.
//!
//! [`parse`] goes through four rooms: `source` makes bytes a tree with positions, `schema` and `checks` say what is wrong
//! with it, `advice` says what to write instead.

mod advice;
mod checks;
mod definition;
mod drift_ignore;
mod format;
mod id;
mod parse;
mod plugin_list;
mod problem;
mod rewrite;
mod schema;
mod source;

#[cfg(any(test, feature = "bombs"))]
pub mod bombs;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;

#[cfg(feature = "server")]
pub(crate) use checks::issued as issued_secrets;
pub use checks::{TENANT_LABEL, check_against, unknown_tier};
pub use definition::{
    API_VERSION, Database, Definition, DeletionPolicy, DriftPolicy, InvalidSecretVersion, KIND, Metadata, Plugin,
    Plugins, PluginsReference, Resources, Runtime, Scaling, SecretVersion, Spec,
};
pub use drift_ignore::DriftIgnore;
pub use format::Format;
pub use id::{InvalidTenantId, TenantId};
pub use parse::{MAX_BYTES, locate, parse, parse_named};
pub use plugin_list::parse_plugin_list;
pub use problem::{Problem, Problems, Reason};
pub use rewrite::rewrite;
pub use schema::{SCHEMA, schema_table};
