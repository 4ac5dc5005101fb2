//! The objects that requests and reports are: the control plane writes the one and reads the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{InstallError, InstallRun};
use crate::plugins::contract::{InstallRequest, Report};
use crate::plugins::source::Source;
use crate::store::document::{read_json, write_json};
use crate::store::{Generation, ObjectName, ObjectStore, Precondition, StoreError, Versioned};

/// How often a request is written again when somebody else wrote it meanwhile.
const ATTEMPTS: usize = 5;

/// Over the artifacts bucket.
#[derive(Clone)]
pub struct Exchange {
    artifacts: Arc<dyn ObjectStore>,
}

/// A request that was written, and where its report will be.
#[derive(Debug)]
pub(super) struct Asked {
    /// `gs://…` of the request.
    pub(super) request: Source,
    report: ObjectName,
    /// The report of an earlier try: it answers nothing.
    before: Option<Generation>,
}

impl Exchange {
    /// Over the artifacts bucket.
    pub fn new(artifacts: Arc<dyn ObjectStore>) -> Self {
        Self { artifacts }
    }

    /// Writes the request of a run, unless it lies there word by word.
    pub(super) async fn ask(&self, run: &InstallRun) -> Result<Asked, StoreError> {
        let name = InstallRequest::object_name(&run.request.tenant, run.request.operation);
        self.write(&name, &run.request).await?;
        let request = Source::Object { bucket: run.request.artifacts_bucket.clone(), name };
        let report = match InstallRequest::report_source(&request, run.phase) {
            Source::Object { name, .. } => name,
            // A report lies beside its request, which is an object.
            Source::Web(_) | Source::File(_) => {
                return Err(StoreError::Unavailable { reason: "a report's name is no object's".to_owned() });
            }
        };
        let before = self.artifacts.stat(&report).await?.map(|meta| meta.generation);
        Ok(Asked { request, report, before })
    }

    async fn write(&self, name: &ObjectName, request: &InstallRequest) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS {
            let when = match read_json::<InstallRequest>(self.artifacts.as_ref(), name).await? {
                Some(known) if known.value == *request => return Ok(()),
                Some(Versioned { generation, .. }) => Precondition::Matches(generation),
                None => Precondition::Absent,
            };
            match write_json(self.artifacts.as_ref(), name, request, BTreeMap::new(), when).await {
                Ok(_) => return Ok(()),
                Err(StoreError::PreconditionFailed { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Unavailable { reason: format!("'{name}' is being written by too many at once") })
    }

    /// The report that a run which ended has left. `said` is what is known of its end otherwise.
    pub(super) async fn report(&self, run: &InstallRun, asked: &Asked, said: &str) -> Result<Report, InstallError> {
        let missing = |said: String| InstallError::NoReport { phase: run.phase, said };
        let found = match read_json::<Report>(self.artifacts.as_ref(), &asked.report).await {
            Ok(found) => found.filter(|found| Some(found.generation) != asked.before),
            // Whoever wrote it may write what it likes: that is no fault of the store.
            Err(StoreError::Corrupt { reason, .. }) => return Err(missing(format!("it cannot be read: {reason}"))),
            Err(error) => return Err(error.into()),
        };
        let Some(Versioned { value: report, .. }) = found else { return Err(missing(said.to_owned())) };
        let (request, phase) = (&run.request, run.phase);
        let answers = report.tenant == request.tenant && report.operation == request.operation && report.phase == phase;
        if answers { Ok(report) } else { Err(missing("it speaks of another request".to_owned())) }
    }
}
