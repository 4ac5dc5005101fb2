//! The journal of operations: each written before it acts, and ended whatever happens.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt as _;

use super::names::{Belonging, RecordName};
use super::operation::{Operation, Outcome, Step};
use crate::clock::Clock;
use crate::operation::OperationId;
use crate::provision::Variables;
use crate::signals;
use crate::store::document::{read_json, write_json, write_surely};
use crate::store::listing::every;
use crate::store::{Generation, NewObject, ObjectReader, ObjectStore, Precondition, StoreError, Versioned};
use crate::tenant::TenantId;

/// One lost answer makes one attempt fail.
const LOG_ATTEMPTS: usize = 3;

/// Writes operations.
#[derive(Clone)]
pub struct Journal {
    records: Arc<dyn ObjectStore>,
    clock: Arc<dyn Clock>,
}

/// An operation this process writes.
#[derive(Debug, Clone)]
pub struct Entry {
    /// As last written.
    pub operation: Operation,
    generation: Generation,
}

impl Journal {
    /// Over the records bucket.
    pub fn new(records: Arc<dyn ObjectStore>, clock: Arc<dyn Clock>) -> Self {
        Self { records, clock }
    }

    /// Writes a new operation.
    pub async fn open(&self, operation: Operation) -> Result<Entry, StoreError> {
        let generation = self.store(&operation, Precondition::Absent).await?;
        Ok(Entry { operation, generation })
    }

    /// An operation that was written before; `None` if there is none of that id.
    pub async fn find(&self, tenant: &TenantId, operation: OperationId) -> Result<Option<Entry>, StoreError> {
        let found = read_json::<Operation>(self.records.as_ref(), &RecordName::operation(tenant, operation)).await?;
        Ok(found.map(|Versioned { value, generation }| Entry { operation: value, generation }))
    }

    /// Writes down what is about to be done, and whatever else `change` says.
    pub async fn step(
        &self,
        entry: &mut Entry,
        what: &str,
        change: impl FnOnce(&mut Operation),
    ) -> Result<(), StoreError> {
        entry.operation.steps.push(Step { at: self.clock.now(), what: what.to_owned() });
        change(&mut entry.operation);
        self.save(entry).await
    }

    /// Ends an operation.
    pub async fn close(
        &self,
        entry: &mut Entry,
        outcome: Outcome,
        change: impl FnOnce(&mut Operation),
    ) -> Result<(), StoreError> {
        entry.operation.outcome = outcome;
        entry.operation.finished = Some(self.clock.now());
        change(&mut entry.operation);
        self.save(entry).await?;
        signals::operation_ended(&entry.operation);
        Ok(())
    }

    /// Keeps an operation's redacted log beside it, over `kept` if a part of it was kept before, and says what is kept
    /// now. Nobody but the operation writes there: what else is found is its own, from a write whose answer was lost.
    pub async fn keep_log(
        &self,
        tenant: &TenantId,
        operation: OperationId,
        log: String,
        mut kept: Option<Generation>,
    ) -> Result<Generation, StoreError> {
        let name = RecordName::operation_log(tenant, operation);
        let content_type = Some("text/plain; charset=utf-8".to_owned());
        let object = NewObject { body: Bytes::from(log), content_type, ..NewObject::default() };
        for _ in 0..LOG_ATTEMPTS {
            let when = kept.map_or(Precondition::Absent, Precondition::Matches);
            match self.records.write(&name, object.clone(), when).await {
                Err(StoreError::PreconditionFailed { .. }) => {
                    kept = self.records.stat(&name).await?.map(|found| found.generation);
                }
                written => return written,
            }
        }
        Err(StoreError::Unavailable { reason: format!("'{name}' changes too often to be written") })
    }

    /// Keeps the variables an operation is about to run with. `false`: an earlier try of the same operation ran with others,
    /// and those are what is kept: what that try may have made is as they say.
    pub async fn keep_variables(
        &self,
        tenant: &TenantId,
        operation: OperationId,
        variables: &Variables,
    ) -> Result<bool, StoreError> {
        let body = Bytes::copy_from_slice(variables.as_json().as_bytes());
        let object = NewObject { body, content_type: Some("application/json".to_owned()), ..NewObject::default() };
        let name = RecordName::operation_variables(tenant, operation);
        match write_surely(self.records.as_ref(), &name, object, Precondition::Absent).await {
            Ok(_) => Ok(true),
            Err(StoreError::PreconditionFailed { .. }) => {
                Ok(self.variables(tenant, operation).await?.as_ref() == Some(variables))
            }
            Err(error) => Err(error),
        }
    }

    /// The variables an operation ran with.
    pub async fn variables(&self, tenant: &TenantId, operation: OperationId) -> Result<Option<Variables>, StoreError> {
        let name = RecordName::operation_variables(tenant, operation);
        let found = read_json::<serde_json::Value>(self.records.as_ref(), &name).await?;
        Ok(found.map(|found| Variables::from_json(&found.value)))
    }

    /// The operations whose variables are kept, newest first.
    pub async fn with_variables(&self, tenant: &TenantId) -> Result<Vec<OperationId>, StoreError> {
        let records: Arc<dyn ObjectReader> = self.records.clone();
        let mut objects = pin!(every(records, &RecordName::operations_prefix(tenant)));
        let mut found = Vec::new();
        while let Some(object) = objects.try_next().await? {
            if let Some((operation, Belonging::Variables)) = RecordName::belonging(tenant, &object.name) {
                found.push(operation);
            }
        }
        found.reverse();
        Ok(found)
    }

    async fn save(&self, entry: &mut Entry) -> Result<(), StoreError> {
        entry.generation = self.store(&entry.operation, Precondition::Matches(entry.generation)).await?;
        Ok(())
    }

    async fn store(&self, operation: &Operation, when: Precondition) -> Result<Generation, StoreError> {
        let name = RecordName::operation(&operation.tenant, operation.id);
        write_json(self.records.as_ref(), &name, operation, BTreeMap::new(), when).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::SystemClock;
    use crate::store::memory::MemoryStore;

    #[tokio::test]
    async fn an_operation_runs_with_one_set_of_variables() {
        let clock = Arc::new(SystemClock);
        let journal = Journal::new(Arc::new(MemoryStore::new("records", clock.clone())), clock);
        let (tenant, older, newer) = ("acme".parse().unwrap(), ulid::Ulid(1).into(), ulid::Ulid(2).into());
        let [one, two] = ["one", "two"].map(|name| Variables::from_json(&json!({"name": name})));
        for (operation, variables, kept) in
            [(older, &one, true), (older, &one, true), (older, &two, false), (newer, &two, true)]
        {
            assert_eq!(journal.keep_variables(&tenant, operation, variables).await.unwrap(), kept);
        }
        assert_eq!(journal.variables(&tenant, older).await.unwrap(), Some(one));
        assert_eq!(journal.with_variables(&tenant).await.unwrap(), [newer, older]);
    }
}
