//! Where things are on this machine, and on which ports.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What requests under way have at a stop, and once more when their runs are interrupted.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// What can be set, by environment variables.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// `LOCAL_DIR`: everything that is kept. Default `.local`.
    pub(crate) root: PathBuf,
    /// `PORT`: the API. Default 8080; 0 chooses a free one.
    pub(crate) api: SocketAddr,
    /// `STORAGE_PORT`: the stand-in for Cloud Storage. Default: the API's port + 1.
    pub(crate) storage: SocketAddr,
    /// `LOCAL_SWEEP_SECONDS`: between two sweeps; 0: none. Default 15.
    pub(crate) sweep: Option<Duration>,
    /// `LOCAL_EVENTS`: `no` keeps the bucket's events from the API. Default `yes`.
    pub(crate) events: bool,
    /// `LOCAL_EXAMPLES`: `no` leaves the bucket empty at the first start. Default `yes`.
    pub(crate) examples: bool,
    /// `LOCAL_SITES`: a JSON file of the sites that plugins are activated on, by tenant; see docs/plugins.md. Default: none.
    pub(crate) sites: Option<PathBuf>,
    /// `AIPRESS_PLATFORM`: the platform's settings. Default: the ones beside this program's source.
    pub(crate) platform: PathBuf,
    /// `TERRAFORM_BIN`: Terraform ≥ 1.11, or `OpenTofu`. Default `terraform`.
    pub(crate) terraform: PathBuf,
}

/// A variable is set to something that it cannot be.
#[derive(Debug, thiserror::Error)]
#[error("{name}={value:?} is not {expected}")]
pub(crate) struct Invalid {
    name: &'static str,
    value: String,
    expected: &'static str,
}

impl Settings {
    /// From the environment.
    pub(crate) fn from_env() -> Result<Self, Invalid> {
        let port = number("PORT", 8080)?;
        let storage_port = number("STORAGE_PORT", if port == 0 { 0 } else { port.saturating_add(1) })?;
        let sweep = Duration::from_secs(number("LOCAL_SWEEP_SECONDS", 15)?.into());
        let source = Path::new(env!("CARGO_MANIFEST_DIR"));
        Ok(Self {
            root: variable("LOCAL_DIR").map_or_else(|| PathBuf::from(".local"), PathBuf::from),
            api: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            storage: SocketAddr::from((Ipv4Addr::LOCALHOST, storage_port)),
            sweep: (!sweep.is_zero()).then_some(sweep),
            events: yes_or_no("LOCAL_EVENTS")?,
            examples: yes_or_no("LOCAL_EXAMPLES")?,
            sites: variable("LOCAL_SITES").map(PathBuf::from),
            platform: variable("AIPRESS_PLATFORM").map_or_else(|| source.join("platform.yaml"), PathBuf::from),
            terraform: variable("TERRAFORM_BIN").unwrap_or_else(|| "terraform".to_owned()).into(),
        })
    }
}

/// The repository this program was built from: `make run` runs it there, unpackaged.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[expect(
    clippy::disallowed_methods,
    reason = "this program's own settings; the product reads its in `tenancy::config`"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn number(name: &'static str, default: u16) -> Result<u16, Invalid> {
    let Some(value) = variable(name) else { return Ok(default) };
    value.parse().map_err(|_| Invalid { name, value, expected: "a number from 0 to 65535" })
}

fn yes_or_no(name: &'static str) -> Result<bool, Invalid> {
    match variable(name).as_deref() {
        None | Some("yes") => Ok(true),
        Some("no") => Ok(false),
        Some(other) => Err(Invalid { name, value: other.to_owned(), expected: "yes or no" }),
    }
}
