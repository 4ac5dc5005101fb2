//! The sandbox's storage: a process of its own, or one that a control plane brought.

use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::Failure;
use crate::world::binary;

const OWN: BucketNames =
    BucketNames { definitions: "bench-definitions", records: "bench-records", state: "bench-state" };

/// A storage server. One of our own has empty buckets, and is gone when dropped.
pub(crate) struct Buckets {
    _own: Option<(Child, TempDir)>,
    /// `http://HOST:PORT`.
    pub(crate) endpoint: String,
    /// What its buckets are called.
    pub(crate) names: BucketNames,
}

/// What buckets are called.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BucketNames {
    pub(crate) definitions: &'static str,
    pub(crate) records: &'static str,
    pub(crate) state: &'static str,
}

impl Buckets {
    /// Starts one.
    pub(crate) async fn make() -> Result<Self, Failure> {
        let folder = TempDir::new()?;
        let (process, endpoint) = start(folder.path()).await?;
        Ok(Self { _own: Some((process, folder)), endpoint, names: OWN })
    }

    /// Those of a server that runs already.
    pub(crate) fn of(endpoint: String, names: BucketNames) -> Self {
        Self { _own: None, endpoint, names }
    }
}

#[expect(clippy::disallowed_methods, reason = "what is measured runs in processes of its own")]
async fn start(root: &Path) -> Result<(Child, String), Failure> {
    let mut process = Command::new(binary("sandbox-gcs")?)
        .args(["--root".as_ref(), root.as_os_str(), "--listen".as_ref(), "127.0.0.1:0".as_ref()])
        .args(["--bucket", &format!("{}+versions", OWN.definitions), OWN.records, &format!("{}+versions", OWN.state)])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut said = BufReader::new(process.stderr.take().ok_or("the storage server says nothing")?).lines();
    while let Some(line) = said.next_line().await? {
        if let Some((_, rest)) = line.split_once("endpoint=\"")
            && let Some((endpoint, _)) = rest.split_once('"')
        {
            let endpoint = endpoint.to_owned();
            // Somebody has to go on listening, or the server waits for its own log.
            tokio::spawn(async move { while matches!(said.next_line().await, Ok(Some(_))) {} });
            return Ok((process, endpoint));
        }
    }
    Err("the storage server ended before it served".into())
}
