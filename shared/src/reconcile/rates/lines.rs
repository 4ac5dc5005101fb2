//! The rate of runs in a project, within this process: one task at a time asks for an allowance, and what one was told is
//! known to all.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::Mutex as Turn;

use super::{Allowance, Rates};
use crate::clock::Clock;
use crate::operation::OperationId;
use crate::platform::ProjectId;
use crate::store::StoreError;
use crate::tasks::Priority;

/// When each line has room again, as far as this process was told.
type Line = Arc<Turn<Option<Timestamp>>>;

/// What people changed and the rest wait in lines of their own: as many as there are projects, twice.
#[derive(Default)]
pub(in super::super) struct RateLines(Mutex<HashMap<(ProjectId, bool), Line>>);

impl RateLines {
    /// Asks for the allowance of one run, unless it is known that there is none.
    pub(in super::super) async fn begin(
        &self,
        rates: &Rates,
        clock: &Arc<dyn Clock>,
        project: &ProjectId,
        (operation, priority): (OperationId, Priority),
        most: NonZeroU32,
    ) -> Result<Allowance, StoreError> {
        let line = {
            let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(lines.entry((project.clone(), priority == Priority::Change)).or_default())
        };
        let mut full_until = line.lock().await;
        let now = clock.now();
        if let Some(until) = full_until.filter(|until| now < *until) {
            return Ok(Allowance::Full { until });
        }
        let answer = rates.begin(project, operation, priority, most, now).await?;
        *full_until = match answer {
            Allowance::Begin => None,
            Allowance::Full { until } => Some(until),
        };
        Ok(answer)
    }
}
