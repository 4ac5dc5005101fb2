//! The environment is read here and nowhere else: one struct a concern, each variable described once, in [`variables`].
//!
//! [`load`] reads every concern a program needs before it says anything, so that all missing and wrong variables are
//! reported at once.

mod concerns;
mod reader;
pub mod variables;

pub use concerns::{
    EngineConfig, FleetConfig, InstallerConfig, LogConfig, PluginsConfig, PrepareConfig, ReaderConfig, ServerConfig,
    StoreConfig, WorkerConfig,
};
pub use reader::{ConfigError, ConfigProblem, Reader, load};

#[cfg(test)]
mod tests;
