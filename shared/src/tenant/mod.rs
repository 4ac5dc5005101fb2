//! What a tenant is: its id, its definition, and everything that can be wrong with one. Pure: no I/O, no clock.

mod definition;
mod id;
mod problem;

pub use definition::{
    API_VERSION, Database, Definition, DeletionPolicy, DriftPolicy, InvalidSecretVersion, KIND, Metadata, Plugin,
    Plugins, PluginsReference, Resources, Runtime, Scaling, SecretVersion, Spec,
};
pub use id::{InvalidTenantId, TenantId};
pub use problem::{Problem, Problems, Reason};

/// How a definition is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// YAML 1.2, one document, no anchors.
    Yaml,
    /// JSON, RFC 8259.
    Json,
}
