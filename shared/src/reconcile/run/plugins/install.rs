//! From what is wanted to a bundle that works on the site's own database.

use jiff::Timestamp;

use super::super::super::decide::Lookup;
use super::{Fault, Turn, Words};
use crate::plugins::{InstallError, InstallPhase, InstallRequest, Lock, PluginReport, Setback, failures, outcome};
use crate::records::{PluginsFailure, PluginsRecord, Status, Trial, Truth};
use crate::tenant::Plugins;
use crate::tenants::CommandError;

impl Turn<'_> {
    pub(super) async fn install(mut self, lookup: Lookup, wanted: &Plugins) -> Result<Status, CommandError> {
        let now = self.now();
        let known = self.status.plugins.clone();
        let mut record = known.unwrap_or_else(|| PluginsRecord::new(wanted.clone(), now));
        let settled = record.is_settled() && record.failure.is_none();
        let mut left_out: Vec<PluginReport> =
            record.results.iter().filter(|known| known.to.is_none()).cloned().collect();
        if lookup == Lookup::Resolve {
            left_out = match self.resolve(&mut record, wanted).await {
                Ok(Ok(left_out)) => left_out,
                Ok(Err(setback)) => return self.set_back(record, setback).await,
                Err(fault) => return self.without_report(record, fault).await,
            };
        }
        let lock = record.lock.clone().unwrap_or_default();
        let before = record.running.clone();
        if settled && lock.bundle() == before.bundle() {
            return self.roll(record, before, lock).await;
        }
        // A site that runs nothing of ours may yet be one whose records were lost.
        let settled = settled && before.bundle().is_some();
        let staged = match self.stage(&before, &lock, settled).await {
            Ok(Ok((staged, mut reports))) => {
                reports.retain(|report| !report.result.holds());
                left_out.extend(reports);
                staged
            }
            Ok(Err((setback, reports))) => {
                record.results = reports;
                return self.set_back(record, setback).await;
            }
            Err(fault) => return self.without_report(record, fault).await,
        };
        let request = self.request(before.clone(), staged.clone());
        let report = match self.phase(InstallPhase::Activate, &request).await {
            Ok(report) => report,
            Err(fault) => return self.without_report(record, fault).await,
        };
        record.results = with(&report.plugins, &left_out);
        let effective = match outcome(&request, &report) {
            Ok(effective) => effective,
            Err(setback) => return self.set_back(record, setback).await,
        };
        if effective.bundle() != staged.bundle() {
            // What is left after optional plugins failed is another bundle.
            match self.stage(&before, &effective, settled).await {
                Ok(Ok(_)) => {}
                Ok(Err((setback, _))) => return self.set_back(record, setback).await,
                Err(fault) => return self.without_report(record, fault).await,
            }
        }
        self.roll(record, before, effective).await
    }

    /// Makes the lock, and writes it down before anything is done with it.
    async fn resolve(
        &mut self,
        record: &mut PluginsRecord,
        wanted: &Plugins,
    ) -> Result<Result<Vec<PluginReport>, Setback>, Fault> {
        let work = self.work;
        let old = record.lock.take().unwrap_or_default();
        *record = asked_anew(record, wanted, self.status.upgrade.is_some(), self.now());
        let resolved = tokio::select! {
            resolved = work.ports.plugins.resolver.resolve(wanted, &old) => resolved,
            () = work.tenure.cancel.cancelled() => {
                return Err(Fault::Installer(InstallError::Interrupted(InstallPhase::Stage)));
            }
        };
        match resolved {
            Ok(resolution) => {
                record.list = resolution.list;
                record.lock_digest = Some(resolution.lock.digest());
                record.lock = Some(resolution.lock);
                record.results.clone_from(&resolution.left_out);
                let words =
                    Words { truth: Truth::Unknown, reason: "Installing", message: "being installed".to_owned() };
                self.status = self.settle(record, words).await?;
                self.upgraded().await?;
                Ok(Ok(resolution.left_out))
            }
            Err(error) => {
                record.list = error.list();
                if !error.retryable() {
                    self.upgraded().await?;
                }
                Ok(Err(Setback::from(&error)))
            }
        }
    }

    /// The upgrade that was asked for when this began is answered.
    async fn upgraded(&self) -> Result<(), CommandError> {
        let Some(answered) = self.status.upgrade.clone() else { return Ok(()) };
        let take = |status: &mut Status| status.upgrade = status.upgrade.take().filter(|asked| *asked != answered);
        self.work.settle(take).await.map(|_| ())
    }

    /// Stages what is not there yet. Answers with what was staged, or with what is in the way, and with the reports.
    async fn stage(&mut self, before: &Lock, lock: &Lock, settled: bool) -> Result<Staged, Fault> {
        if lock.bundle().is_none() || lock.bundle() == before.bundle() {
            return Ok(Ok((lock.clone(), Vec::new())));
        }
        let request = InstallRequest { settled, ..self.request(before.clone(), lock.clone()) };
        let report = self.phase(InstallPhase::Stage, &request).await?;
        Ok(match outcome(&request, &report) {
            Ok(staged) => Ok((staged, report.plugins)),
            Err(setback) => Err((setback, report.plugins)),
        })
    }

    /// Puts the bundle where the next apply takes it from; one that runs already is all there is to do.
    async fn roll(self, mut record: PluginsRecord, before: Lock, effective: Lock) -> Result<Status, CommandError> {
        record.failure = None;
        let rolls = effective.bundle() != before.bundle();
        record.run(effective);
        if rolls {
            record.trial = Some(Trial { previous: before, refused: None });
            let message = "tried on the site's database; on their way to visitors".to_owned();
            let status = self.settle(&record, Words { truth: Truth::Unknown, reason: "RollingOut", message }).await?;
            self.done("staged and activated; rolled out next".to_owned()).await?;
            return Ok(status);
        }
        record.settled = record.lock_digest;
        let status = self.settle(&record, installed(&record)).await?;
        self.done("the site runs this bundle already".to_owned()).await?;
        Ok(status)
    }
}

/// What is known once something else is wanted: what runs. Who was refused before is refused until there is another answer,
/// and another answer is looked for at once, whatever dies meanwhile.
fn asked_anew(known: &PluginsRecord, wanted: &Plugins, upgrade: bool, now: Timestamp) -> PluginsRecord {
    let fresh = PluginsRecord::new(wanted.clone(), now);
    let same = known.digest == fresh.digest && !upgrade;
    let failure = known.failure.clone().map(|failure| PluginsFailure {
        failures: if same { failure.failures } else { 0 },
        not_before: now,
        ..failure
    });
    PluginsRecord { running: known.running.clone(), bundle: known.bundle, failure, ..fresh }
}

type Staged = Result<(Lock, Vec<PluginReport>), (Setback, Vec<PluginReport>)>;

/// What came of every plugin: those that never came so far included.
fn with(reports: &[PluginReport], left_out: &[PluginReport]) -> Vec<PluginReport> {
    let missing = left_out.iter().filter(|left| reports.iter().all(|report| report.name != left.name));
    reports.iter().chain(missing).cloned().collect()
}

/// The words of a lock that was carried out.
pub(super) fn installed(record: &PluginsRecord) -> Words<'static> {
    let failed = failures(&record.results);
    if !failed.is_empty() {
        let message = format!("{failed}; taken back, everything else is installed");
        return Words { truth: Truth::False, reason: "OptionalFailed", message };
    }
    let message = match record.running.plugins().len() {
        0 => "no plugins are wanted".to_owned(),
        number => format!("plugins active: {number}"),
    };
    Words { truth: Truth::True, reason: "Installed", message }
}
