//! A stand-in where no database can be exported, as on a sandbox: an object that says what would have been.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::json;

use super::{DatabaseExports, DatabaseName, ExportError, ExportJob, ExportRequest, Progress};
use crate::records::RecordName;
use crate::store::document::write_json;
use crate::store::{ObjectStore, Precondition, StoreError};

/// Writes an object an export, beside the deleted tenant's other records. Cloning shares it.
#[derive(Clone)]
pub struct RecordedExports {
    records: Arc<dyn ObjectStore>,
    failures: Arc<Mutex<VecDeque<ExportError>>>,
    looks: Arc<AtomicUsize>,
}

impl RecordedExports {
    /// Over the records bucket.
    pub fn new(records: Arc<dyn ObjectStore>) -> Self {
        Self { records, failures: Arc::default(), looks: Arc::default() }
    }

    /// The next export that is begun or looked after fails so.
    pub fn fail_next(&self, error: ExportError) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).push_back(error);
    }

    /// For so many looks from now on exports are under way.
    pub fn take(&self, looks: usize) {
        self.looks.store(looks, Ordering::Relaxed);
    }

    fn fail(&self) -> Result<(), ExportError> {
        match self.failures.lock().unwrap_or_else(PoisonError::into_inner).pop_front() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl DatabaseExports for RecordedExports {
    async fn begin(&self, request: &ExportRequest) -> Result<ExportJob, ExportError> {
        self.fail()?;
        let name = RecordName::graveyard_export(&request.tenant, request.operation);
        let export = json!({"database": request.database.to_string(), "standIn": true});
        match write_json(self.records.as_ref(), &name, &export, BTreeMap::new(), Precondition::Absent).await {
            Ok(_) | Err(StoreError::PreconditionFailed { .. }) => {
                Ok(ExportJob { job: request.operation.to_string(), uri: format!("records:{name}") })
            }
            Err(error) if error.retryable() => Err(ExportError::Later { reason: error.to_string() }),
            Err(error) => Err(ExportError::Failed { reason: error.to_string() }),
        }
    }

    async fn progress(&self, _: &DatabaseName, _: &ExportJob) -> Result<Progress, ExportError> {
        self.fail()?;
        let left = self.looks.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |looks| looks.checked_sub(1));
        Ok(if left.is_ok() { Progress::Running } else { Progress::Done })
    }
}
