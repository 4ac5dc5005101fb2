//! The control plane that is tortured: the local one with short terms, and a site for every tenant there may be.

use std::time::Duration;

use end_to_end::{ControlPlane, Options, binary};
use serde_json::{Map, Value, json};
use tempfile::NamedTempFile;

/// A lease's term: what a dead process keeps its tenants for.
pub(crate) const LEASE: Duration = Duration::from_secs(3);
/// A vanished definition's grace, and the longest backoff.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// Lives of one lane that have a site.
const LIVES: u32 = 1_000;

/// A running control plane, and the file of its sites.
pub(crate) async fn start(lanes: usize) -> std::io::Result<(ControlPlane, NamedTempFile)> {
    let sites = sites(lanes)?;
    let environment = vec![("LOCAL_SITES".to_owned(), sites.path().to_string_lossy().into_owned())];
    let options = Options { platform: Some(platform()), environment, ..Options::default() };
    Ok((ControlPlane::start_with(options).await, sites))
}

/// A lane's tenant in one of its lives.
pub(crate) fn id(lane: usize, life: u32) -> String {
    format!("t{lane}-{life}")
}

/// The local settings with short terms, and a breaker that never holds.
fn platform() -> String {
    let local = include_str!("../../../deploy/local/platform.yaml");
    let changes = [
        ("  runs: 4", "  runs: 6\n  runsPerInstance: 6\n  leaseSeconds: 3\n  waitSeconds: 5\n  runSeconds: 60"),
        (
            "  graceSeconds: 60",
            "  graceSeconds: 2\n  breakerCount: 1000000\n  breakerMost: 1000000\n  breakerShare: 1.0",
        ),
        ("  intervalSeconds: 60", "  intervalSeconds: 0"),
        ("  firstSeconds: 15", "  firstSeconds: 1"),
        ("  mostSeconds: 120", "  mostSeconds: 2"),
    ];
    changes.iter().fold(local.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "the local platform no longer says '{old}'");
        text.replacen(old, new, 1)
    })
}

/// Every tenant has a site of which all plugins are good: `torture-site` says so.
fn sites(lanes: usize) -> std::io::Result<NamedTempFile> {
    let program = binary("torture-site");
    let site = json!({"program": program, "url": "http://127.0.0.1:9"});
    let lives = (0..lanes).flat_map(|lane| (0..LIVES).map(move |life| id(lane, life)));
    let all: Map<String, Value> = lives.map(|id| (id, site.clone())).collect();
    let file = NamedTempFile::new()?;
    std::fs::write(file.path(), Value::Object(all).to_string())?;
    Ok(file)
}
