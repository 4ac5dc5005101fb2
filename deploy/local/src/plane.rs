//! All functions in one process, with the settings they would have in a cloud.

use std::path::PathBuf;

use sandbox_gcs::Sandbox;
use tenancy::assemble::{self, AssembleError, Assembled};
use tenancy::config::{AuthConfig, EngineConfig, FleetConfig, ServerConfig, StoreConfig, WorkerConfig};
use tenancy::http::serve::Bounds;
use tenancy::platform::{InvalidPlatform, Platform};
use tenancy::terraform::Installed;

use crate::cloud::{self, CloudError};
use crate::plugins::{self, Directory, PluginsError};
use crate::settings::{GRACE, Settings, repository, variable};

/// Why the control plane cannot serve.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaneError {
    /// The stand-ins did not start.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The platform's settings cannot be read.
    #[error("'{}': {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The platform's settings are not valid.
    #[error(transparent)]
    Platform(#[from] InvalidPlatform),
    /// Plugins cannot be had.
    #[error(transparent)]
    Plugins(#[from] PluginsError),
    /// Terraform, its module or a bucket is not as it must be.
    #[error(transparent)]
    Assemble(#[from] AssembleError),
}

/// Over a storage server that serves already.
pub(crate) async fn assemble(
    settings: &Settings,
    storage: &Sandbox,
    directory: &Directory,
) -> Result<Assembled, PlaneError> {
    let plugins = plugins::config(settings, directory, &storage.endpoint())?;
    let fleet = FleetConfig {
        server: ServerConfig {
            address: Some(settings.api),
            grace: GRACE,
            drain: GRACE,
            bounds: Bounds::default(),
            auth: AuthConfig::none(),
        },
        stores: StoreConfig {
            definitions: cloud::DEFINITIONS.to_owned(),
            records: cloud::RECORDS.to_owned(),
            endpoint: Some(storage.endpoint()),
        },
        platform: read_platform(settings)?,
        process: "local".to_owned(),
    };
    Ok(assemble::all(WorkerConfig { fleet, engine: engine(settings)?, plugins, tasks: None }).await?)
}

fn read_platform(settings: &Settings) -> Result<Platform, PlaneError> {
    let path = settings.platform.clone();
    let source = std::fs::read_to_string(&path).map_err(|source| PlaneError::Unreadable { path, source })?;
    Ok(Platform::parse(&source)?)
}

fn engine(settings: &Settings) -> Result<EngineConfig, PlaneError> {
    let (cli_config, cloud) = cloud::install_provider(&settings.root)?;
    let inherited = ["PATH", "HOME", "TMPDIR"].into_iter();
    let mut pass_env: Vec<(String, String)> =
        inherited.filter_map(|name| variable(name).map(|value| (name.to_owned(), value))).collect();
    pass_env.push(("SANDBOX_CLOUD_DIR".to_owned(), cloud.to_string_lossy().into_owned()));
    let installed = Installed {
        program: settings.terraform.clone(),
        module: repository().join("terraform/tenant"),
        work: settings.root.join("work"),
        cli_config: Some(cli_config),
        lock_file: None,
        pass_env,
        secret_env: Vec::new(),
    };
    Ok(EngineConfig { state: cloud::STATE.to_owned(), installed, prepared: None })
}
