//! The port to whatever exports a database before it is destroyed.
//!
//! An export takes longer than a request may: it is begun, written down, and looked after until it is done, by whichever
//! process works on the tenant by then.

#[cfg(feature = "gcs")]
pub mod cloud_sql;
mod recorded;

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use recorded::RecordedExports;

use crate::operation::OperationId;
use crate::tenant::TenantId;

/// One database, by its full name: `projects/P/instances/I/databases/D`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseName {
    /// The project of its instance.
    pub project: String,
    /// The instance that holds it.
    pub instance: String,
    /// Its own name.
    pub name: String,
}

/// The text is no database's full name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a database is named projects/PROJECT/instances/INSTANCE/databases/DATABASE")]
pub struct InvalidDatabaseName;

impl FromStr for DatabaseName {
    type Err = InvalidDatabaseName;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseName> {
        let parts: Vec<&str> = text.split('/').collect();
        let fits = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
        };
        match parts.as_slice() {
            ["projects", project, "instances", instance, "databases", name]
                if [project, instance, name].into_iter().all(|part| fits(part)) =>
            {
                let [project, instance, name] = [project, instance, name].map(|part| (*part).to_owned());
                Ok(Self { project, instance, name })
            }
            _ => Err(InvalidDatabaseName),
        }
    }
}

impl fmt::Display for DatabaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "projects/{}/instances/{}/databases/{}", self.project, self.instance, self.name)
    }
}

/// What is to be exported, and for which deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRequest {
    /// Whose.
    pub tenant: TenantId,
    /// The operation that deletes it.
    pub operation: OperationId,
    /// What.
    pub database: DatabaseName,
}

/// An export that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportJob {
    /// By what the exporter finds it again.
    pub job: String,
    /// Where the export lies when it is done.
    pub uri: String,
}

/// How an export stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Under way.
    Running,
    /// It lies where its job says.
    Done,
}

/// Why there is no export.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// The same call may succeed later: no answer, or the instance is busy with another operation.
    #[error("the database cannot be exported now: {reason}")]
    Later {
        /// What was said.
        reason: String,
    },
    /// It failed for good, or is not allowed.
    #[error("the database cannot be exported: {reason}")]
    Failed {
        /// What was said.
        reason: String,
    },
}

/// Exports databases.
#[async_trait]
pub trait DatabaseExports: Send + Sync + 'static {
    /// Begins an export. One that was begun before, and whose answer was lost, may be begun again.
    async fn begin(&self, request: &ExportRequest) -> Result<ExportJob, ExportError>;

    /// How an export stands; [`ExportError::Failed`] if it came to nothing.
    async fn progress(&self, database: &DatabaseName, job: &ExportJob) -> Result<Progress, ExportError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_name_is_read_and_nothing_else() {
        let name: DatabaseName = "projects/p-1/instances/shared-1/databases/wp_acme".parse().unwrap();
        assert_eq!((name.instance.as_str(), name.name.as_str()), ("shared-1", "wp_acme"));
        assert_eq!(name.to_string().parse(), Ok(name));
        for text in [
            "",
            "projects/p/instances/i/databases/",
            "projects/p/instances/i/databases/a/b",
            "p/i/d",
            "projects/../instances/ /databases/x",
        ] {
            assert!(text.parse::<DatabaseName>().is_err(), "{text}");
        }
    }
}
