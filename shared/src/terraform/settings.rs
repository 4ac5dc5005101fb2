//! What the engine is told at start, and what can be wrong with it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::store::ObjectStore;

/// Resource types of the tenant module that hold what a customer cannot get back: database, user, secret, media.
pub const STATEFUL_TYPES: [&str; 4] =
    ["google_sql_database", "google_sql_user", "google_secret_manager_secret", "google_storage_bucket"];

/// What is installed where the engine runs, and what the program is given. Plain values: `config` reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// `terraform` or `tofu`, ≥ 1.11: a path, or a name to be found in the `PATH` of `pass_env`.
    pub program: PathBuf,
    /// The root module's folder.
    pub module: PathBuf,
    /// Where run folders and the shared init are made. Made if it is not there.
    pub work: PathBuf,
    /// The program's own configuration file (`TF_CLI_CONFIG_FILE`): where providers are installed from.
    pub cli_config: Option<PathBuf>,
    /// The dependency lock file to hold providers to; without one, `init` makes its own.
    pub lock_file: Option<PathBuf>,
    /// The child's environment, beside what the engine sets. It gets nothing else: `PATH`, `HOME` and `TMPDIR` belong
    /// here too.
    pub pass_env: Vec<(String, String)>,
    /// More of it, whose values are kept out of every log and error.
    pub secret_env: Vec<(String, String)>,
}

/// How the engine runs.
pub struct EngineSettings {
    /// What is there to run.
    pub installed: Installed,
    /// A folder made by [`super::Engine::prepare`]: when it still fits, no process is started to begin.
    pub prepared: Option<PathBuf>,
    /// The state bucket.
    pub state: Arc<dyn ObjectStore>,
    /// The records bucket: what a refused run knew is kept there.
    pub records: Arc<dyn ObjectStore>,
    /// Processes at once, at least 1.
    pub runs: usize,
    /// How long a run waits for a workspace's lock that somebody else holds.
    pub lock_wait: Duration,
    /// How long an interrupted run may take to save its state before it is killed.
    pub stop_grace: Duration,
    /// Resource types an apply must not delete or replace without approval: see [`STATEFUL_TYPES`].
    pub stateful: BTreeSet<String>,
}

/// Why the engine cannot start. Nothing a retry mends.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The program is not there or cannot be run.
    #[error("'{}' cannot be run: {reason}; install Terraform 1.11 or newer, or name another program", .program.display())]
    Program {
        /// What was to be run.
        program: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The program is too old.
    #[error("'{}' is version {found}; 1.11 or newer is needed (write-only arguments)", .program.display())]
    Version {
        /// What was run.
        program: PathBuf,
        /// What it says it is.
        found: String,
    },
    /// The module is not there or cannot be read.
    #[error("the module in '{}' cannot be used: {reason}", .module.display())]
    Module {
        /// Its folder.
        module: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A folder cannot be made or written.
    #[error("'{}' cannot be used: {reason}", .folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The module's providers cannot be installed.
    #[error("the module cannot be initialised: {reason}")]
    Init {
        /// What the program said, redacted.
        reason: String,
    },
    /// The loopback listener cannot be opened.
    #[error("no port on the loopback address can be opened: {0}")]
    Gateway(std::io::Error),
}
