//! The three listings of the fleet as streams, and all side by side: a page of each is in memory at a time, however large the
//! fleet is.

use std::future;
use std::pin::Pin;
use std::sync::Arc;

use futures::stream::{Peekable, Stream, StreamExt as _, TryStreamExt as _};

use crate::records::{Definitions, LeaseMark, RecordName, StatusSummary, listing_order};
use crate::store::listing::every;
use crate::store::{Generation, ObjectReader, StoreError};
use crate::tenant::TenantId;

/// A status record as the listing shows it.
pub(super) enum Listed {
    Summary(Box<StatusSummary>),
    /// Somebody wrote it without the summary: the body must be read.
    BodyOnly,
}

/// One tenant of the fleet.
pub(super) struct Beside {
    pub(super) tenant: TenantId,
    pub(super) definition: Option<Generation>,
    pub(super) status: Option<Listed>,
    pub(super) lease: Option<LeaseMark>,
}

type Items<T> = Pin<Box<dyn Stream<Item = Result<(TenantId, T), StoreError>> + Send>>;
type Listing<T> = Peekable<Items<T>>;

/// The listings, joined by tenant.
pub(super) struct SideBySide {
    definitions: Listing<Generation>,
    statuses: Listing<Listed>,
    leases: Listing<LeaseMark>,
}

impl SideBySide {
    pub(super) fn new(definitions: &Definitions, records: Arc<dyn ObjectReader>) -> Self {
        let definitions = definitions.all().map_ok(|stored| (stored.object.tenant, stored.generation));
        let leases = every(Arc::clone(&records), RecordName::LEASES_PREFIX).try_filter_map(|meta| {
            future::ready(Ok(RecordName::tenant_of_lease(&meta.name).map(|tenant| (tenant, LeaseMark::of(&meta)))))
        });
        let statuses = every(records, RecordName::STATUS_PREFIX).try_filter_map(|meta| {
            let summary = StatusSummary::from_metadata(&meta.metadata).map(Box::new);
            let listed = summary.map_or(Listed::BodyOnly, Listed::Summary);
            future::ready(Ok(RecordName::tenant_of_status(&meta.name).map(|tenant| (tenant, listed))))
        });
        Self { definitions: listing(definitions), statuses: listing(statuses), leases: listing(leases) }
    }

    /// The next tenant; `None` after the last. A listing that fails is an error, never an end.
    pub(super) async fn next(&mut self) -> Result<Option<Beside>, StoreError> {
        // Together, so that three pages are fetched in the time of one.
        let (definition, status, lease) = tokio::join!(
            Pin::new(&mut self.definitions).peek(),
            Pin::new(&mut self.statuses).peek(),
            Pin::new(&mut self.leases).peek(),
        );
        let heads = [head(definition), head(status), head(lease)];
        // A listing that failed is first in line, whatever the others say.
        let first = match heads.iter().position(|head| matches!(head, Head::Failed)) {
            Some(failed) => {
                let mut first = [false; 3];
                first[failed] = true;
                first
            }
            None => match heads.iter().filter_map(Head::tenant).min_by(|one, other| listing_order(one, other)) {
                Some(tenant) => [0, 1, 2].map(|at| heads[at].tenant() == Some(tenant)),
                None => return Ok(None),
            },
        };
        let definition = if first[0] { self.definitions.next().await.transpose()? } else { None };
        let status = if first[1] { self.statuses.next().await.transpose()? } else { None };
        let lease = if first[2] { self.leases.next().await.transpose()? } else { None };
        // Several objects for one tenant: the first stands for all, so that somebody looks.
        if let Some((tenant, _)) = &definition {
            while Pin::new(&mut self.definitions)
                .next_if(|next| next.as_ref().is_ok_and(|(other, _)| other == tenant))
                .await
                .is_some()
            {}
        }
        let (named, definition) = definition.unzip();
        let (known, status) = status.unzip();
        let (named_there, lease) = lease.unzip();
        Ok(named.or(known).or(named_there).map(|tenant| Beside { tenant, definition, status, lease }))
    }
}

/// What a listing shows next.
enum Head<'a> {
    End,
    Failed,
    Tenant(&'a TenantId),
}

impl Head<'_> {
    const fn tenant(&self) -> Option<&TenantId> {
        match self {
            Self::Tenant(tenant) => Some(tenant),
            Self::End | Self::Failed => None,
        }
    }
}

const fn head<T>(next: Option<&Result<(TenantId, T), StoreError>>) -> Head<'_> {
    match next {
        None => Head::End,
        Some(Err(_)) => Head::Failed,
        Some(Ok((tenant, _))) => Head::Tenant(tenant),
    }
}

fn listing<T>(items: impl Stream<Item = Result<(TenantId, T), StoreError>> + Send + 'static) -> Listing<T> {
    let items: Items<T> = Box::pin(items);
    items.peekable()
}
