//! A fleet that is as defined: a definition and a status a tenant, and nothing to do for any.

use std::sync::Arc;

use jiff::Timestamp;
use tenancy::records::{DefinitionObject, DriftRecord, Phase, Status, Statuses};
use tenancy::store::{NewObject, ObjectStore, Precondition};
use tenancy::tenant::{Format, TenantId};
use tokio::task::JoinSet;

use super::super::tenants::definition;
use crate::Failure;
use crate::report::progress;

/// Writers at once.
const AT_ONCE: usize = 32;

/// A definitions bucket and a records bucket.
#[derive(Clone)]
pub(super) struct Fleet {
    pub(super) definitions: Arc<dyn ObjectStore>,
    pub(super) records: Arc<dyn ObjectStore>,
}

impl Fleet {
    /// The id of a tenant by its number.
    pub(super) fn tenant(number: usize) -> Result<TenantId, Failure> {
        Ok(format!("tenant-{number}").parse()?)
    }

    /// The object of a tenant's definition.
    pub(super) fn definition(tenant: &TenantId) -> DefinitionObject {
        DefinitionObject::of(tenant, Format::Yaml)
    }

    /// Writes so many tenants, each looked at just now.
    pub(super) async fn settle(&self, tenants: usize) -> Result<(), Failure> {
        let mut writers = JoinSet::new();
        for writer in 0..AT_ONCE {
            let fleet = self.clone();
            writers.spawn(async move {
                for number in (writer..tenants).step_by(AT_ONCE) {
                    if number % 10_000 == 0 && number > 0 {
                        progress(&format!("{number} tenants written"));
                    }
                    fleet.write(number).await?;
                }
                Ok::<(), Failure>(())
            });
        }
        while let Some(written) = writers.join_next().await {
            written??;
        }
        Ok(())
    }

    async fn write(&self, number: usize) -> Result<(), Failure> {
        let tenant = Self::tenant(number)?;
        let object = NewObject { body: definition(tenant.as_str(), 10).into(), ..NewObject::default() };
        let name = Self::definition(&tenant).name;
        let generation = self.definitions.write(&name, object, Precondition::Absent).await?;
        let mut status = Status::new(tenant);
        status.phase = Phase::Ready;
        status.observed_generation = Some(generation);
        status.drift = Some(DriftRecord { checked: Timestamp::now(), ..DriftRecord::default() });
        Statuses::new(self.records.clone()).write(&status, Precondition::Absent).await?;
        Ok(())
    }
}
