//! What is kept of a tenant that is deleted: what went, its last definition and state, and where its database's export
//! lies. Written before anything is destroyed.

use std::collections::BTreeMap;
use std::future;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::names::RecordName;
use super::operation::{Principal, Trigger};
use crate::operation::OperationId;
use crate::provision::ChangeSummary;
use crate::store::document::{read_json, write_json, write_surely};
use crate::store::listing::every;
use crate::store::{Generation, NewObject, ObjectName, ObjectStore, Precondition, StoreError};
use crate::tenant::{Format, TenantId};

/// The record at `graveyard/{id}/{operation}/record.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Burial {
    /// Who is deleted.
    pub tenant: TenantId,
    /// By which operation.
    pub operation: OperationId,
    /// When.
    pub at: Timestamp,
    /// Who asked.
    pub principal: Principal,
    /// Through which door.
    pub trigger: Trigger,
    /// What is destroyed; empty where resources are kept.
    pub changes: ChangeSummary,
    /// How the definition that is kept is written, and of which generation it was; absent where there was none to be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<BuriedDefinition>,
    /// Where the database's export lies; absent where it was not wanted, or there was no database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<String>,
}

/// A definition that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuriedDefinition {
    /// How it is written.
    pub format: Format,
    /// Of which generation it was.
    pub generation: Generation,
}

/// A tenant's last definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastDefinition {
    /// How it is written.
    pub format: Format,
    /// Of which generation it was.
    pub generation: Generation,
    /// What it says.
    pub source: Bytes,
}

/// Keeps what is deleted.
#[derive(Clone)]
pub struct Graveyard {
    records: Arc<dyn ObjectStore>,
}

impl Graveyard {
    /// Over the records bucket.
    pub fn new(records: Arc<dyn ObjectStore>) -> Self {
        Self { records }
    }

    /// Keeps what is to be deleted. The record comes last: where it is, the rest is.
    pub async fn bury(
        &self,
        mut burial: Burial,
        definition: Option<LastDefinition>,
        state: Option<Bytes>,
    ) -> Result<(), StoreError> {
        let (tenant, operation) = (&burial.tenant, burial.operation);
        if let Some(last) = definition {
            let name = RecordName::graveyard_definition(tenant, operation);
            self.keep(&name, last.source, last.format.media_type()).await?;
            burial.definition = Some(BuriedDefinition { format: last.format, generation: last.generation });
        }
        if let Some(state) = state {
            self.keep(&RecordName::graveyard_state(tenant, operation), state, "application/json").await?;
        }
        let name = RecordName::graveyard(tenant, operation);
        once(write_json(self.records.as_ref(), &name, &burial, BTreeMap::new(), Precondition::Absent).await)
    }

    /// The newest record of a tenant that has its definition, and that definition.
    pub async fn latest(&self, tenant: &TenantId) -> Result<Option<(Burial, LastDefinition)>, StoreError> {
        let listed = every(self.records.clone(), &RecordName::graveyard_prefix(tenant));
        let found = listed.try_filter_map(|meta| future::ready(Ok(RecordName::graveyard_of(tenant, &meta.name))));
        let mut operations: Vec<OperationId> = found.try_collect().await?;
        operations.sort_unstable();
        for operation in operations.into_iter().rev() {
            let record = read_json::<Burial>(self.records.as_ref(), &RecordName::graveyard(tenant, operation)).await?;
            let Some(burial) = record.map(|record| record.value) else { continue };
            let Some(BuriedDefinition { format, generation }) = burial.definition else { continue };
            let kept = self.records.read(&RecordName::graveyard_definition(tenant, operation)).await?;
            if let Some(kept) = kept {
                return Ok(Some((burial, LastDefinition { format, generation, source: kept.value })));
            }
        }
        Ok(None)
    }

    async fn keep(&self, name: &ObjectName, body: Bytes, content_type: &str) -> Result<(), StoreError> {
        let object = NewObject { body, content_type: Some(content_type.to_owned()), ..NewObject::default() };
        once(write_surely(self.records.as_ref(), name, object, Precondition::Absent).await)
    }
}

/// One operation writes each of these once; one that is there already is from an earlier try of the same.
fn once(written: Result<Generation, StoreError>) -> Result<(), StoreError> {
    match written {
        Ok(_) | Err(StoreError::PreconditionFailed { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}
