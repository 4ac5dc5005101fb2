//! The environment is read here and nowhere else: one struct a concern, each variable described once, in [`variables`].
//!
//! [`load`] reads every concern a program needs before it says anything, so that all missing and wrong variables are
//! reported at once.

mod auth;
mod concerns;
mod install;
mod reader;
mod telemetry;
pub mod variables;

pub use auth::{AuthConfig, AuthMode};
pub use concerns::{
    EngineConfig, FleetConfig, InstallerConfig, LookoutConfig, PluginsConfig, PrepareConfig, ReaderConfig,
    ServerConfig, StoreConfig, TasksConfig, WorkerConfig,
};
pub use install::InstallConfig;
pub use reader::{ConfigError, ConfigProblem, Reader, load, load_from};
pub use telemetry::{LogConfig, TracesConfig};

#[cfg(test)]
mod tests;
