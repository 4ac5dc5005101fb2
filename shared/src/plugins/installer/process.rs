//! Phases as child processes of this machine.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};
use tokio::time::Instant;

use super::exchange::Exchange;
use super::{InstallError, InstallRun, PluginInstaller, arguments};
use crate::plugins::contract::{InstallPhase, Report};
use crate::tenant::TenantId;

/// From being asked to stop to being killed.
const GRACE: Duration = Duration::from_secs(10);
/// What is kept of a process's complaints.
const MOST_WORDS: u64 = 4096;

/// What is run.
#[derive(Debug, Clone, Default)]
pub struct ProcessSettings {
    /// `install-plugins`.
    pub program: PathBuf,
    /// The whole environment of a process.
    pub environment: Vec<(String, String)>,
    /// The sites on this machine, by tenant: nothing is activated for any other.
    pub sites: BTreeMap<TenantId, AttachedSite>,
}

/// A site on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedSite {
    /// Run instead of `install-plugins` where the site is touched, with the same arguments: what knows its database.
    pub program: PathBuf,
    /// Its address.
    pub url: String,
}

/// Installs in child processes.
pub struct InstallerProcess {
    settings: ProcessSettings,
    exchange: Exchange,
}

impl InstallerProcess {
    /// Over the artifacts bucket.
    pub fn new(settings: ProcessSettings, exchange: Exchange) -> Self {
        Self { settings, exchange }
    }

    fn start(
        &self,
        program: &PathBuf,
        run: &InstallRun,
        request: &crate::plugins::Source,
    ) -> Result<Child, InstallError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "this adapter starts the installer, as Terraform's does Terraform"
        )]
        let mut command = Command::new(program);
        command
            .args(arguments(run.phase, request))
            .env_clear()
            .envs(self.settings.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
            .spawn()
            .map_err(|error| InstallError::Misconfigured(format!("'{}' cannot be run: {error}", program.display())))
    }
}

#[async_trait]
impl PluginInstaller for InstallerProcess {
    async fn run(&self, run: &InstallRun) -> Result<Report, InstallError> {
        let site = self.settings.sites.get(&run.request.tenant);
        let program = match (run.phase, site) {
            (InstallPhase::Stage, _) => &self.settings.program,
            (InstallPhase::Activate | InstallPhase::Verify, Some(site)) => &site.program,
            (InstallPhase::Activate | InstallPhase::Verify, None) => {
                return Err(InstallError::NoSite(format!("none on this machine for '{}'", run.request.tenant)));
            }
        };
        let mut run = run.clone();
        // The site is where it is on this machine, whatever address the sandbox gave its service.
        run.request.site_url = site.map(|site| site.url.clone());
        let asked = self.exchange.ask(&run).await?;
        let child = self.start(program, &run, &asked.request)?;
        let said = wait(child, &run).await?;
        self.exchange.report(&run, &asked, &said).await
    }
}

/// Waits for the end of a process, which is asked to stop when its time is over or nobody waits any more.
async fn wait(mut child: Child, run: &InstallRun) -> Result<String, InstallError> {
    let complaints = child.stderr.take();
    let words = tokio::spawn(async move {
        let mut words = Vec::new();
        if let Some(mut complaints) = complaints {
            let _ = (&mut complaints).take(MOST_WORDS).read_to_end(&mut words).await;
            // A process must not wait for somebody to read the rest.
            let _ = tokio::io::copy(&mut complaints, &mut tokio::io::sink()).await;
        }
        String::from_utf8_lossy(&words).into_owned()
    });
    let deadline = Instant::now() + run.deadline;
    let (ended, stopped) = tokio::select! {
        ended = child.wait() => (ended, None),
        () = run.cancel.cancelled() => (stop(&mut child).await, Some(InstallError::Interrupted(run.phase))),
        () = tokio::time::sleep_until(deadline) => {
            (stop(&mut child).await, Some(InstallError::TimedOut { phase: run.phase, after: run.deadline }))
        }
    };
    if let Some(stopped) = stopped {
        return Err(stopped);
    }
    let status = ended.map_err(|error| InstallError::Unavailable(error.to_string()))?;
    let words = tokio::time::timeout(GRACE, words).await;
    let words = words.ok().and_then(Result::ok).unwrap_or_default();
    Ok(format!("{status}: {}", words.trim()))
}

async fn stop(child: &mut Child) -> std::io::Result<ExitStatus> {
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(id) = id {
        // One that has ended by now needs no signal.
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), nix::sys::signal::Signal::SIGTERM);
    }
    if let Ok(ended) = tokio::time::timeout(GRACE, child.wait()).await {
        return ended;
    }
    child.kill().await?;
    child.wait().await
}
