//! Going back to the bundle that ran before: the database first, then, with the next apply, the files.

use super::Turn;
use crate::plugins::{InstallError, InstallPhase, Setback, outcome};
use crate::records::{ConditionKind, Status};
use crate::tenants::CommandError;

impl Turn<'_> {
    pub(super) async fn take_back(mut self) -> Result<Status, CommandError> {
        let Some(mut record) = self.status.plugins.clone() else { return Ok(self.status) };
        let Some(trial) = record.trial.take() else { return Ok(self.status) };
        let why = trial.refused.clone().unwrap_or_else(|| self.roll_failure());
        let request = self.request(record.running.clone(), trial.previous.clone());
        let reverted = match self.phase(InstallPhase::Activate, &request).await {
            Ok(report) => outcome(&request, &report).map_err(|setback| setback.message),
            Err(super::Fault::Installer(error @ InstallError::Interrupted(_))) => return self.interrupted(error).await,
            Err(super::Fault::Installer(error)) => Err(error.to_string()),
            Err(super::Fault::Store(error)) => return Err(error),
        };
        // The files go back whatever the database says: with them the site ran.
        let message = match reverted {
            Ok(_) => format!("{why}; the plugins of before run again"),
            Err(left) => format!("{why}; the files of before run again, but the database was not put back: {left}"),
        };
        record.run(trial.previous);
        // The failed roll is answered: the bundle of before is applied at once, without a wait.
        self.work.settle(|status: &mut Status| status.retry = None).await?;
        self.set_back(record, Setback::taken_back(message)).await
    }

    fn roll_failure(&self) -> String {
        let applied = self.status.conditions.get(ConditionKind::Applied);
        let said = applied.map(|condition| condition.message.as_str()).unwrap_or_default();
        format!("the revision with the new plugins was not rolled out: {said}")
    }
}
