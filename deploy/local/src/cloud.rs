//! The stand-ins for the cloud: buckets that send events, and a provider that keeps resources as files.

use std::io;
use std::path::{Path, PathBuf};

use sandbox_gcs::{Bucket, BucketName, Redelivery, Sandbox};

use crate::settings::Settings;

/// The buckets of the sandbox project.
pub(crate) const DEFINITIONS: &str = "aipress-sandbox-definitions";
/// Status records, leases, operations.
pub(crate) const RECORDS: &str = "aipress-sandbox-records";
/// Terraform's states and locks.
pub(crate) const STATE: &str = "aipress-sandbox-state";
/// Where one of the examples keeps its plugin list.
pub(crate) const LISTS: &str = "initech-config";
/// Plugin bundles.
pub(crate) const ARTIFACTS: &str = "aipress-sandbox-artifacts";

/// Why the stand-ins did not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CloudError {
    /// A bucket's name is none.
    #[error("{0}")]
    Bucket(String),
    /// The storage server did not start.
    #[error("the storage stand-in: {0}")]
    Storage(#[from] sandbox_gcs::StartError),
    /// A folder cannot be made or the provider not be laid out.
    #[error("'{}': {source}", .path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The provider's program is not beside this one.
    #[error("'{}' is not there: build it with `cargo build --package sandbox-google-provider`", .0.display())]
    NoProvider(PathBuf),
}

/// Starts the storage server over its folder.
pub(crate) async fn start_storage(settings: &Settings) -> Result<Sandbox, CloudError> {
    let mut sandbox = sandbox_gcs::Settings::new(settings.root.join("buckets"));
    sandbox.listen = settings.storage;
    for (name, versioning) in [(DEFINITIONS, true), (RECORDS, false), (STATE, true), (ARTIFACTS, false), (LISTS, false)]
    {
        sandbox.buckets.push(Bucket { name: bucket(name)?, versioning });
    }
    // Short, so that a restart of the API is hardly noticed.
    sandbox.redelivery = Redelivery {
        min: std::time::Duration::from_millis(500),
        max: std::time::Duration::from_secs(10),
        ..Redelivery::default()
    };
    Ok(Sandbox::start(sandbox).await?)
}

/// Sends the definitions bucket's events to a URL.
pub(crate) fn subscribe(storage: &Sandbox, url: String) -> Result<(), CloudError> {
    storage.subscribe(bucket(DEFINITIONS)?, url);
    Ok(())
}

/// Lays the provider out for Terraform and makes the cloud's folder. Answers the CLI configuration and that folder.
pub(crate) fn install_provider(root: &Path) -> Result<(PathBuf, PathBuf), CloudError> {
    let folder = |path: &Path| {
        let path = path.to_owned();
        move |source| CloudError::Folder { path, source }
    };
    let program = std::env::current_exe().map_err(folder(Path::new("this program")))?;
    let provider = program.with_file_name("sandbox-google-provider");
    if !provider.exists() {
        return Err(CloudError::NoProvider(provider));
    }
    let cloud = root.join("cloud");
    std::fs::create_dir_all(&cloud).map_err(folder(&cloud))?;
    let cloud = cloud.canonicalize().map_err(folder(&cloud))?;
    let into = root.join("provider");
    let config = sandbox_google_provider::install(&provider, &into).map_err(folder(&into))?;
    Ok((config, cloud))
}

fn bucket(name: &str) -> Result<BucketName, CloudError> {
    name.parse().map_err(|error| CloudError::Bucket(format!("{name}: {error}")))
}
