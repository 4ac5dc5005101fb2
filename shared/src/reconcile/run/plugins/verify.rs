//! Whether the site is well where visitors are, with the bundle that was rolled out.

use std::time::Duration;

use super::install::installed;
use super::{Turn, Words};
use crate::plugins::{InstallPhase, InstallStatus, Setback, outcome};
use crate::records::{Status, Truth};
use crate::tenants::CommandError;

/// Between two looks at a site that is not well.
const PAUSE: Duration = Duration::from_secs(10);

impl Turn<'_> {
    pub(super) async fn verify(mut self) -> Result<Status, CommandError> {
        let Some(mut record) = self.status.plugins.clone() else { return Ok(self.status) };
        let Some(trial) = record.trial.clone() else { return Ok(self.status) };
        let request = self.request(trial.previous.clone(), record.running.clone());
        let mut looked = self.phase(InstallPhase::Verify, &request).await;
        if looked.as_ref().is_ok_and(|report| report.status == InstallStatus::UnhealthyBefore) {
            // An instance that starts answers late: once is no proof.
            self.work.ports.clock.sleep(PAUSE).await;
            looked = self.phase(InstallPhase::Verify, &request).await;
        }
        let report = match looked {
            Ok(report) => report,
            Err(fault) => return self.without_report(record, fault).await,
        };
        match outcome(&request, &report) {
            Ok(_) => {
                (record.trial, record.failure, record.settled) = (None, None, record.lock_digest);
                let status = self.settle(&record, installed(&record)).await?;
                self.done("the site is well with its plugins".to_owned()).await?;
                Ok(status)
            }
            Err(setback) if report.status.retryable() => {
                let unknown = Setback { fails_tenant: false, reason: "Unverified".to_owned(), ..setback };
                self.set_back(record, unknown).await
            }
            Err(setback) => {
                let words = Words { truth: Truth::False, reason: "TakingBack", message: setback.message.clone() };
                record.trial = Some(crate::records::Trial { refused: Some(setback.message.clone()), ..trial });
                let status = self.settle(&record, words).await?;
                self.done(format!("the site is not well: {}; taken back next", setback.message)).await?;
                Ok(status)
            }
        }
    }
}
