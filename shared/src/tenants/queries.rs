//! Reading tenants, their operations and their definitions' history. Works over [`ObjectReader`]s alone: who asks can
//! write nothing, whatever else is wrong.

use std::future;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};

use super::{CommandError, DefinitionView, FleetView, ListFilter, TenantDrift, TenantSummary, TenantView};
use crate::operation::OperationId;
use crate::records::{
    DefinitionHead, Definitions, Operation, RecordName, RetentionRound, Status, StatusSummary, StoredDefinition,
};
use crate::store::document::read_json;
use crate::store::listing::every;
use crate::store::{Generation, ObjectMeta, ObjectReader, Page, PageToken, StoreError};
use crate::tenant::TenantId;

/// Names a store lists at once (a limit of the store).
const LISTED: usize = 1000;
/// Listings one request for a filtered list may cost: 10,000 tenants are looked at, then the caller asks on.
const LISTINGS: usize = 10;
/// Reads under way at once for one request.
const READS: usize = 16;
/// How often a definition that changes while it is read is read again.
const ATTEMPTS: usize = 3;

/// Where a list of tenants goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cursor {
    /// The store's own token of the page it stopped on; `None`: the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    store: Option<String>,
    /// The last tenant given out of that page; `None`: none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<TenantId>,
}

/// Part of a list, and where the rest begins; `None` at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<T, C> {
    /// What is in it. May be short of what was asked for, even empty, although more follows.
    pub items: Vec<T>,
    /// Where to go on.
    pub next: Option<C>,
}

/// What there is of an operation's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationLog {
    /// What was said, UTF-8.
    Kept(Bytes),
    /// Nothing was said, or not yet, or there is no such operation.
    None,
    /// It was kept so many days.
    NoLonger {
        /// `retention.logDays`.
        days: u32,
    },
}

/// Reads.
#[derive(Clone)]
pub struct Queries {
    definitions: Definitions,
    records: Arc<dyn ObjectReader>,
}

impl Queries {
    /// Over the definitions and the records bucket.
    pub fn new(definitions: Arc<dyn ObjectReader>, records: Arc<dyn ObjectReader>) -> Self {
        Self { definitions: Definitions::new(definitions), records }
    }

    /// One tenant: its definition, its status, or both.
    pub async fn tenant(&self, tenant: &TenantId) -> Result<TenantView, CommandError> {
        let (definition, status) = futures::try_join!(self.definition(tenant), self.status(tenant))?;
        match (definition, status) {
            (Defined::Conflict(error), None) => Err(error),
            (Defined::No, None) => Err(CommandError::NotFound(tenant.clone())),
            // Which of two definitions is meant nobody knows; the status says that there are two.
            (Defined::Conflict(_) | Defined::No, status) => Ok(view(tenant, None, status)),
            (Defined::Yes(definition), status) => Ok(view(tenant, Some(definition), status)),
        }
    }

    /// Tenants that the filter lets through, by id, at most `limit` of them. One listing per 1,000 looked at, and no read
    /// of a tenant, unless somebody wrote its status without the summary.
    pub async fn tenants(
        &self,
        filter: ListFilter,
        from: Cursor,
        limit: usize,
    ) -> Result<Part<TenantSummary, Cursor>, CommandError> {
        let listed = if filter == ListFilter::default() { limit.min(LISTED) } else { LISTED };
        let mut items = Vec::new();
        let mut at = from;
        for _ in 0..LISTINGS {
            let page = self.page(&at, listed).await?;
            for meta in &page.items {
                let Some(tenant) = RecordName::tenant_of_status(&meta.name) else { continue };
                // By object name, as the bucket sorts: there `acme-shop` stands before `acme`.
                if at.after.as_ref().is_some_and(|after| meta.name <= RecordName::status(after)) {
                    continue;
                }
                if items.len() == limit {
                    let after = items.last().map(|last: &TenantSummary| last.tenant.clone());
                    return Ok(Part { items, next: Some(Cursor { store: at.store, after }) });
                }
                items.extend(self.summary(tenant, meta).await?.filter(|found| filter.lets_through(found)));
            }
            let Some(next) = page.next else { return Ok(Part { items, next: None }) };
            at = Cursor { store: Some(next.0), after: None };
            if items.len() == limit {
                break;
            }
        }
        Ok(Part { items, next: Some(at) })
    }

    /// The fleet in numbers: one listing per 1,000 tenants.
    pub async fn fleet(&self) -> Result<FleetView, CommandError> {
        let mut fleet = FleetView::default();
        let mut listed = pin!(every(Arc::clone(&self.records), RecordName::STATUS_PREFIX));
        while let Some(meta) = listed.try_next().await? {
            let Some(tenant) = RecordName::tenant_of_status(&meta.name) else { continue };
            if let Some(found) = self.summary(tenant, &meta).await? {
                fleet.count(found);
            }
        }
        Ok(fleet)
    }

    /// Tenants that drifted, with what differs: the list of drifted tenants, and a read of each that is given out.
    pub async fn drift(&self, from: Cursor, limit: usize) -> Result<Part<TenantDrift, Cursor>, CommandError> {
        let drifted = ListFilter { drifted: Some(true), ..ListFilter::default() };
        let part = self.tenants(drifted, from, limit).await?;
        let read = |found: TenantSummary| async move {
            let drift = self.status(&found.tenant).await?.and_then(|status| status.drift);
            Ok::<_, CommandError>(drift.map(|drift| TenantDrift { tenant: found.tenant, drift }))
        };
        let found: Vec<_> = futures::stream::iter(part.items).map(read).buffered(READS).try_collect().await?;
        // Mended between the listing and the reading: no longer drift.
        let items = found.into_iter().flatten().filter(|found| !found.drift.found.is_empty()).collect();
        Ok(Part { items, next: part.next })
    }

    /// A tenant's operations, newest first, at most `limit` of them, those before `before`.
    pub async fn operations(
        &self,
        tenant: &TenantId,
        before: Option<OperationId>,
        limit: usize,
    ) -> Result<Part<Operation, OperationId>, CommandError> {
        let mut ids = self.operation_ids(tenant).await?;
        if ids.is_empty() {
            // Only a tenant there is can have no operations.
            self.tenant(tenant).await?;
        }
        ids.sort_unstable_by(|a, b| b.cmp(a));
        ids.retain(|id| before.is_none_or(|before| *id < before));
        let more = ids.len() > limit;
        ids.truncate(limit);
        let next = ids.last().copied().filter(|_| more);
        let read = |id: OperationId| self.operation(tenant, id);
        let found: Vec<Option<Operation>> = futures::stream::iter(ids).map(read).buffered(READS).try_collect().await?;
        Ok(Part { items: found.into_iter().flatten().collect(), next })
    }

    /// One operation; `None` if the tenant has none of that id.
    pub async fn operation(&self, tenant: &TenantId, id: OperationId) -> Result<Option<Operation>, CommandError> {
        let found = read_json::<Operation>(self.records.as_ref(), &RecordName::operation(tenant, id)).await?;
        Ok(found.map(|found| found.value))
    }

    /// One operation's redacted log.
    pub async fn operation_log(&self, tenant: &TenantId, id: OperationId) -> Result<OperationLog, CommandError> {
        if let Some(log) = self.records.read(&RecordName::operation_log(tenant, id)).await? {
            return Ok(OperationLog::Kept(log.value));
        }
        // One that ended without a step had nothing to say.
        let said = self.operation(tenant, id).await?;
        let said = said.filter(|operation| operation.outcome.is_final() && !operation.steps.is_empty());
        let Some(said) = said.map(|operation| operation.requested) else { return Ok(OperationLog::None) };
        let round = RetentionRound::read(self.records.as_ref()).await?.map(|round| round.value);
        let over = round.filter(|round| round.is_over(said));
        Ok(over.map_or(OperationLog::None, |round| OperationLog::NoLonger { days: round.log_days }))
    }

    /// Every generation of a tenant's definition the bucket still has, newest first. Of a deleted tenant too.
    pub async fn definition_generations(&self, tenant: &TenantId) -> Result<Vec<StoredDefinition>, CommandError> {
        let found = self.definitions.generations(tenant).await?;
        if found.is_empty() { Err(CommandError::NotFound(tenant.clone())) } else { Ok(found) }
    }

    /// A tenant's definition as it was at one generation; `None` if the bucket does not have that one.
    pub async fn definition_at(
        &self,
        tenant: &TenantId,
        generation: Generation,
    ) -> Result<Option<DefinitionView>, CommandError> {
        let generations = self.definition_generations(tenant).await?;
        let Some(stored) = generations.into_iter().find(|stored| stored.generation == generation) else {
            return Ok(None);
        };
        Ok(self.definitions.source(&stored).await?.map(|source| definition_view(&stored, source)))
    }

    async fn definition(&self, tenant: &TenantId) -> Result<Defined, CommandError> {
        for _ in 0..ATTEMPTS {
            match self.definitions.head(tenant).await? {
                DefinitionHead::Absent => return Ok(Defined::No),
                DefinitionHead::Conflict(names) => return Ok(Defined::Conflict(CommandError::Conflict { names })),
                DefinitionHead::Present(stored) => {
                    if let Some(source) = self.definitions.source(&stored).await? {
                        return Ok(Defined::Yes(definition_view(&stored, source)));
                    }
                }
            }
        }
        let reason = format!("the definition of '{tenant}' changed at every look");
        Err(StoreError::Unavailable { reason }.into())
    }

    async fn status(&self, tenant: &TenantId) -> Result<Option<Status>, CommandError> {
        let found = read_json::<Status>(self.records.as_ref(), &RecordName::status(tenant)).await?;
        Ok(found.map(|found| found.value))
    }

    async fn page(&self, at: &Cursor, limit: usize) -> Result<Page<ObjectMeta>, StoreError> {
        let token = at.store.clone().map(PageToken);
        self.records.list(RecordName::STATUS_PREFIX, token.as_ref(), limit).await
    }

    /// `None`: the tenant went while its status was read.
    async fn summary(&self, tenant: TenantId, meta: &ObjectMeta) -> Result<Option<TenantSummary>, CommandError> {
        let summary = match StatusSummary::from_metadata(&meta.metadata) {
            Some(summary) => Some(summary),
            None => self.status(&tenant).await?.as_ref().map(StatusSummary::from),
        };
        Ok(summary.map(|summary| TenantSummary { tenant, summary, updated: meta.updated }))
    }

    async fn operation_ids(&self, tenant: &TenantId) -> Result<Vec<OperationId>, StoreError> {
        let listed = every(Arc::clone(&self.records), &RecordName::operations_prefix(tenant));
        listed
            .try_filter_map(|meta| future::ready(Ok(RecordName::operation_of(tenant, &meta.name))))
            .try_collect()
            .await
    }
}

enum Defined {
    Yes(DefinitionView),
    No,
    Conflict(CommandError),
}

fn view(tenant: &TenantId, definition: Option<DefinitionView>, status: Option<Status>) -> TenantView {
    TenantView { tenant: tenant.clone(), definition, status }
}

fn definition_view(stored: &StoredDefinition, source: Bytes) -> DefinitionView {
    let StoredDefinition { object, generation, updated } = stored;
    DefinitionView { source, format: object.format, generation: *generation, updated: *updated }
}

impl ListFilter {
    fn lets_through(self, found: &TenantSummary) -> bool {
        let phase = self.phase.is_none_or(|phase| phase == found.summary.phase);
        let drifted = self.drifted.is_none_or(|drifted| drifted == (found.summary.drifted > 0));
        phase && drifted
    }
}

#[cfg(test)]
mod tests;
