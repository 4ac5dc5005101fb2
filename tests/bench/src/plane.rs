//! The control plane of `make run` as a process of its own: four Terraform processes, no scheduler, and no events but those
//! that are sent to it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::Failure;
use crate::buckets::{BucketNames, Buckets};
use crate::wire::{Reply, Wire, request};
use crate::world::{Surroundings, binary, repository, variable};

const BUCKETS: BucketNames = BucketNames {
    definitions: "aipress-sandbox-definitions",
    records: "aipress-sandbox-records",
    state: "aipress-sandbox-state",
};
/// A day, so that a sweep hands out what changed and no drift check.
const RARELY: &str = "intervalSeconds: 86400";
/// So that a task for a tenant that is as defined is a drift check.
const ALWAYS: &str = "intervalSeconds: 0";

/// A running control plane. Gone when dropped.
pub(crate) struct Plane {
    _process: Child,
    folder: TempDir,
    api: SocketAddr,
    storage: SocketAddr,
}

impl Plane {
    /// Starts one.
    pub(crate) async fn start() -> Result<Self, Failure> {
        let folder = TempDir::new()?;
        let process = launch(folder.path())?;
        let endpoints = folder.path().join("endpoints.json");
        let deadline = Instant::now() + Duration::from_mins(2);
        while !endpoints.exists() {
            if Instant::now() > deadline {
                return Err("the control plane does not serve after two minutes".into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let found: Value = serde_json::from_slice(&std::fs::read(endpoints)?)?;
        let address = |name: &str| found[name].as_str().unwrap_or_default().trim_start_matches("http://").parse();
        let (api, storage) = (address("api")?, address("storage")?);
        Ok(Self { _process: process, folder, api, storage })
    }

    /// What functions and people beside it share with it. Their settings have every tenant looked at whenever it is asked for.
    pub(crate) fn surroundings(&self) -> Result<Surroundings, Failure> {
        let platform_file = self.folder.path().join("checked.yaml");
        std::fs::write(&platform_file, platform(ALWAYS)?)?;
        Ok(Surroundings {
            buckets: Buckets::of(format!("http://{}", self.storage), BUCKETS),
            cloud: self.folder.path().join("cloud").canonicalize()?,
            platform_file,
        })
    }

    /// A connection to its API.
    pub(crate) async fn open(&self) -> Result<Wire, Failure> {
        Wire::open(self.api).await
    }

    /// A request on a connection of its own, and its answer as JSON.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Value, Failure> {
        let reply = self.open().await?.exchange(&request(method, path, headers, body)).await?;
        if !(200..300).contains(&reply.status) {
            return Err(format!("{method} {path}: {}", told(&reply)).into());
        }
        Ok(serde_json::from_slice(&reply.body)?)
    }

    /// Puts a definition into the bucket, as an upload does; answers its generation.
    pub(crate) async fn upload(&self, tenant: &str, definition: &str) -> Result<u64, Failure> {
        let bucket = BUCKETS.definitions;
        let path = format!("/upload/storage/v1/b/{bucket}/o?uploadType=media&name=tenants/{tenant}.yaml");
        let headers = [("content-type", "application/yaml")];
        let reply = Wire::open(self.storage).await?.exchange(&request("POST", &path, &headers, definition)).await?;
        let object: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        match object["generation"].as_str().map(str::parse) {
            Some(Ok(generation)) if reply.status == 200 => Ok(generation),
            _ => Err(format!("the upload for {tenant}: {}", told(&reply)).into()),
        }
    }

    /// The bucket that events tell of.
    pub(crate) const fn definitions() -> &'static str {
        BUCKETS.definitions
    }
}

/// An answer that was not hoped for.
pub(crate) fn told(reply: &Reply) -> String {
    format!("{}: {}", reply.status, String::from_utf8_lossy(&reply.body))
}

#[expect(clippy::disallowed_methods, reason = "what is measured runs in processes of its own")]
fn launch(folder: &Path) -> Result<Child, Failure> {
    let platform_file = folder.join("platform.yaml");
    std::fs::write(&platform_file, platform(RARELY)?)?;
    let log = std::fs::File::create(folder.join("log"))?;
    let process = Command::new(binary("local")?)
        .env_clear()
        .env("PATH", variable("PATH"))
        .env("HOME", folder)
        .env("LOCAL_DIR", folder)
        .env("PORT", "0")
        .env("STORAGE_PORT", "0")
        .env("LOCAL_EXAMPLES", "no")
        .env("LOCAL_EVENTS", "no")
        .env("LOCAL_SWEEP_SECONDS", "0")
        .env("AIPRESS_PLATFORM", platform_file)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()?;
    Ok(process)
}

/// The local platform's settings with another interval between drift checks.
fn platform(interval: &str) -> Result<String, Failure> {
    let local = std::fs::read_to_string(repository().join("deploy/local/platform.yaml"))?;
    let settings = local.replace("intervalSeconds: 60", interval);
    if settings == local { Err("the local settings name another interval".into()) } else { Ok(settings) }
}
