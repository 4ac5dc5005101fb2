//! The course of a run: settings, request, phase, report.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

use tenancy::assemble::begin_logging;
use tenancy::config::{self, InstallConfig, LogConfig};
use tenancy::plugins::{Health, InstallPhase, InstallRequest, InstallStatus, PluginReport, Report, Source};
use tokio::signal::unix::{SignalKind, signal};

use crate::activate::activate;
use crate::arguments::Arguments;
use crate::error::InstallError;
use crate::sources::Sources;
use crate::stage::stage;
use crate::verify::verify;

/// Longest request, in bytes: 200 plugins need a quarter of it.
const REQUEST_LIMIT: usize = 1 << 20;

/// What a phase came to; with what was asked it makes the report.
pub(crate) struct Outcome {
    pub(crate) status: InstallStatus,
    pub(crate) message: String,
    pub(crate) health_before: Option<Health>,
    pub(crate) health_after: Option<Health>,
    pub(crate) rolled_back: bool,
    pub(crate) plugins: Vec<PluginReport>,
}

impl Outcome {
    /// One that looked at no site.
    pub(crate) fn of(status: InstallStatus, plugins: Vec<PluginReport>) -> Self {
        Self { status, message: String::new(), health_before: None, health_after: None, rolled_back: false, plugins }
    }
}

/// Runs to the end, and says how it was. A signal to stop ends what is under way; the next run mends what it left.
pub(crate) async fn run(arguments: Arguments) -> ExitCode {
    let phase = arguments.phase.into();
    let status = tokio::select! {
        status = course(phase, arguments.request) => status,
        () = told_to_stop() => {
            tracing::warn!(phase = phase.as_str(), "told to stop; run it again");
            InstallStatus::TryAgain
        }
    };
    ExitCode::from(status.exit_code())
}

async fn course(phase: InstallPhase, argument: Option<String>) -> InstallStatus {
    let began = Instant::now();
    let prepared = async {
        let bad = |error: &dyn std::fmt::Display| InstallError::BadInput(error.to_string());
        let settings = config::load(LogConfig::read).map_err(|error| bad(&error))?;
        begin_logging(&settings);
        let config = config::load(InstallConfig::read).map_err(|error| bad(&error))?;
        let address = argument.or_else(|| config.request.clone()).ok_or(InstallError::NoRequest)?;
        let address: Source = address.parse().map_err(|error| bad(&error))?;
        let sources = Sources::new(config.endpoint.clone()).map_err(|error| bad(&error))?;
        let text = sources.read(&address, REQUEST_LIMIT).await?;
        let request: InstallRequest = serde_json::from_slice(&text)
            .map_err(|error| InstallError::BadInput(format!("{address} is no request: {error}")))?;
        Ok((config, address, sources, request))
    };
    let (config, address, sources, request) = match prepared.await {
        Ok(prepared) => prepared,
        Err(error) => return said(&error),
    };
    let outcome = match phase {
        InstallPhase::Stage => stage(&request, &sources).await,
        InstallPhase::Activate => activate(&request, &sources, &config).await,
        InstallPhase::Verify => verify(&request, &sources, &config).await,
    };
    let outcome = outcome.unwrap_or_else(|error| {
        let status = said(&error);
        Outcome { message: error.to_string(), ..Outcome::of(status, Vec::new()) }
    });
    let report = report(&request, phase, outcome, began);
    // Who asked reads the exit code too; a report that is not there says 'try again'.
    let written = sources.write(&InstallRequest::report_source(&address, phase), &report).await;
    let status = written.map_or_else(|error| said(&error.into()), |()| report.status);
    print(&report);
    status
}

fn report(request: &InstallRequest, phase: InstallPhase, outcome: Outcome, began: Instant) -> Report {
    let Outcome { status, message, health_before, health_after, rolled_back, plugins } = outcome;
    let ms = milliseconds(began);
    Report { message, health_before, health_after, rolled_back, ms, ..request.answered(phase, status, plugins) }
}

/// Whole milliseconds since then.
pub(crate) fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn said(error: &InstallError) -> InstallStatus {
    let status = error.status();
    tracing::error!(?status, "{error}");
    status
}

/// Beside the log, on its last line: for whoever follows the job.
fn print(report: &Report) {
    let line = serde_json::to_string(report).unwrap_or_default();
    // Nobody listens: the report is written all the same.
    let _ = writeln!(std::io::stdout(), "{line}");
}

async fn told_to_stop() {
    let mut signals = [SignalKind::terminate(), SignalKind::interrupt()].map(|kind| signal(kind).ok());
    let [terminate, interrupt] = &mut signals;
    match (terminate, interrupt) {
        (Some(terminate), Some(interrupt)) => {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        }
        // Without handlers a signal simply ends the process.
        _ => std::future::pending().await,
    }
}
