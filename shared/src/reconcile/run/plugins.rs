//! Plugins, step by step: stage and try a bundle, see it well where visitors are, take it back. The bundle that a site is
//! to run stands on its status, from where the next apply rolls it out; here nothing is rolled out.
//!
//! A step that dies is taken again from its beginning: the installer is asked the same once more, and nothing but its last
//! word is written on the status.

mod install;
mod take_back;
mod verify;

use std::time::Duration;

use jiff::Timestamp;

use super::super::decide::PluginStep;
use super::super::observe::{Observation, Wanted};
use super::super::recorder::Saying;
use super::super::watch::RunLog;
use super::{End, Work};
use crate::platform::Retry;
use crate::plugins::{InstallError, InstallPhase, InstallRequest, InstallRun, Lock, Report, Setback, wanted};
use crate::provision::{ChangeSummary, RunEvent, RunObserver as _};
use crate::records::{
    ConditionKind, Entry, OperationKind, Outcome, Phase, PluginsFailure, PluginsRecord, Status, Truth,
};
use crate::store::Generation;
use crate::tenant::Definition;
use crate::tenants::CommandError;

/// What will fail in the same way again is hardly worth another try: somebody changes the list, or asks.
const LASTING: Retry = Retry { first_seconds: 3_600, most_seconds: 86_400 };

impl Work<'_> {
    pub(super) async fn plugins(
        &self,
        step: PluginStep,
        wanted: &Wanted,
        observation: &Observation,
    ) -> Result<Option<Status>, CommandError> {
        let status = observation.status.as_ref().map(|status| status.value.clone());
        let status = status.unwrap_or_else(|| Status::new(self.tenant.clone()));
        let words = match step {
            PluginStep::Install(_) => "resolve and stage the wanted plugins",
            PluginStep::Verify => "see whether the site is well with its plugins",
            PluginStep::TakeBack => "take back the plugins that were rolled out",
        };
        let generation = wanted.stored.generation;
        let home = home(&wanted.definition, &status);
        let entry = self.open(OperationKind::InstallPlugins, Some(generation), words).await?;
        let turn = Turn { work: self, entry, log: RunLog::default(), generation, home, status };
        match step {
            PluginStep::Install(lookup) => {
                Box::pin(turn.install(lookup, &self::wanted(&wanted.definition, &wanted.platform))).await
            }
            PluginStep::Verify => Box::pin(turn.verify()).await,
            PluginStep::TakeBack => turn.take_back().await,
        }
        .map(Some)
    }

    fn platform(&self) -> &crate::platform::Platform {
        &self.ports.platform
    }
}

/// Where a site says it is: its primary domain, else its service's address.
fn home(definition: &Definition, status: &Status) -> Option<String> {
    let domain =
        definition.spec.custom_domains.first().map(|domain| format!("https://{}", domain.to_ascii_lowercase()));
    domain.or_else(|| service(status))
}

/// The address of a site's service, without a slash at its end.
fn service(status: &Status) -> Option<String> {
    let url = status.outputs.get("url").and_then(|url| url.as_str());
    url.map(|url| url.trim_end_matches('/').to_owned())
}

/// One step of one tenant.
struct Turn<'a> {
    work: &'a Work<'a>,
    entry: Entry,
    log: RunLog,
    generation: Generation,
    /// The site's own address, without a slash at its end.
    home: Option<String>,
    /// As it was when the step began.
    status: Status,
}

/// A condition's words.
struct Words<'a> {
    truth: Truth,
    reason: &'a str,
    message: String,
}

impl Turn<'_> {
    fn request(&self, before: Lock, lock: Lock) -> InstallRequest {
        InstallRequest {
            tenant: self.work.tenant.clone(),
            generation: Some(self.generation),
            operation: self.work.operation,
            artifacts_bucket: self.work.platform().artifacts_bucket.clone(),
            before,
            lock,
            settled: false,
            site_url: self.home.clone(),
        }
    }

    /// Runs one phase, written down before it begins.
    async fn phase(&mut self, phase: InstallPhase, request: &InstallRequest) -> Result<Report, Fault> {
        let bundle = request.lock.bundle().map_or_else(|| "no plugins".to_owned(), |bundle| format!("bundle {bundle}"));
        let words = format!("{}: {bundle}", phase.as_str());
        self.work.ports.journal.step(&mut self.entry, &words, |_| {}).await?;
        let site = self.status.outputs.get("installer_job").and_then(|job| job.as_str());
        let run = InstallRun {
            request: request.clone(),
            phase,
            site: site.map(str::to_owned),
            deadline: Duration::from_secs(self.work.platform().limits.run_seconds),
            cancel: self.work.tenure.cancel.clone(),
        };
        match self.work.ports.plugins.installer.run(&run).await {
            Ok(report) => {
                self.note(&report);
                Ok(report)
            }
            Err(error) => {
                self.log.event(RunEvent::Log(format!("{}: {error}", phase.as_str())));
                Err(Fault::Installer(error))
            }
        }
    }

    fn note(&self, report: &Report) {
        let line = serde_json::to_string(report).unwrap_or_default();
        self.log.event(RunEvent::Log(line));
    }

    fn now(&self) -> Timestamp {
        self.work.ports.clock.now()
    }

    /// Writes what is known by now on the status.
    async fn settle(&self, record: &PluginsRecord, words: Words<'_>) -> Result<Status, CommandError> {
        let (now, operation) = (self.now(), self.work.operation);
        let write = |status: &mut Status| {
            status.plugins = Some(record.clone());
            status.operation = Some(operation);
            let generation = status.observed_generation;
            let mut say = Saying { status, now, generation };
            say.that(ConditionKind::PluginsInstalled, words.truth, words.reason, words.message.clone());
            if matches!(say.status.phase, Phase::Ready | Phase::Failed) && say.status.retry.is_none() {
                say.ready();
            }
        };
        Ok(self.work.settle(write).await?.value)
    }

    /// Ends the operation well.
    async fn done(mut self, message: String) -> Result<(), CommandError> {
        self.work.close(&mut self.entry, &self.log, End::succeeded(message, ChangeSummary::default())).await
    }

    /// Ends the operation with a setback: what ran goes on, and the tenant says why it is not what is wanted.
    async fn set_back(mut self, mut record: PluginsRecord, setback: Setback) -> Result<Status, CommandError> {
        let failures = record.failure.as_ref().map_or(0, |failure| failure.failures).saturating_add(1);
        let backoff = if setback.retryable { &self.work.platform().retry } else { &LASTING };
        let not_before = self.now().saturating_add(backoff.after(failures)).unwrap_or(Timestamp::MAX);
        let Setback { reason, message, fails_tenant, .. } = setback;
        record.failure = Some(PluginsFailure {
            failures,
            reason: reason.clone(),
            message: message.clone(),
            fails_tenant,
            not_before,
        });
        let truth = if fails_tenant { Truth::False } else { Truth::Unknown };
        let status = self.settle(&record, Words { truth, reason: &reason, message: message.clone() }).await?;
        tracing::warn!(operation = %self.work.operation, reason, message, "plugins are not as wanted");
        let outcome = if fails_tenant { Outcome::Failed } else { Outcome::Succeeded };
        let told = format!("{message}; tried again after {not_before}, or when the list changes");
        let mut end = End::succeeded(told.clone(), ChangeSummary::default());
        (end.outcome, end.reason) = (outcome, fails_tenant.then_some("PLUGINS_FAILED"));
        self.work.close(&mut self.entry, &self.log, end).await?;
        if !fails_tenant {
            return Ok(status);
        }
        Err(CommandError::Failed {
            message: told,
            diagnostics: Vec::new(),
            operation: self.work.operation,
            retried: setback.retryable,
        })
    }

    /// This process stops, or lost its lease: nothing is concluded, and whoever comes next asks again.
    async fn interrupted(mut self, error: InstallError) -> Result<Status, CommandError> {
        let mut end = End::succeeded(error.to_string(), ChangeSummary::default());
        (end.outcome, end.reason) = (Outcome::Interrupted, Some("INTERRUPTED"));
        self.work.close(&mut self.entry, &self.log, end).await?;
        let retry_after = Duration::from_secs(5);
        Err(CommandError::Interrupted { operation: self.work.operation, retry_after })
    }

    /// What a phase without a report means.
    async fn without_report(self, record: PluginsRecord, fault: Fault) -> Result<Status, CommandError> {
        match fault {
            Fault::Installer(error @ InstallError::Interrupted(_)) => self.interrupted(error).await,
            Fault::Installer(error) => self.set_back(record, Setback::from(&error)).await,
            Fault::Store(error) => Err(error),
        }
    }
}

/// Why a phase has no report.
enum Fault {
    Installer(InstallError),
    /// The journal could not be written: nothing was run.
    Store(CommandError),
}

impl From<CommandError> for Fault {
    fn from(error: CommandError) -> Self {
        Self::Store(error)
    }
}

impl From<crate::store::StoreError> for Fault {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Store(error.into())
    }
}
