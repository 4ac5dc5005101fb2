//! A list of 10,000 tenants, counted by what it asks of the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use tenancy::clock::SystemClock;
use tenancy::records::{Status, Statuses};
use tenancy::store::memory::MemoryStore;
use tenancy::store::{
    Generation, ObjectMeta, ObjectName, ObjectReader, Page, PageToken, Precondition, StoreError, Versioned,
};
use tenancy::tenants::{Cursor, ListFilter, Queries};

use crate::figure::{Figure, millis};

const TENANTS: usize = 10_000;

pub(crate) async fn measure() -> Figure {
    let records = Arc::new(MemoryStore::new("records", Arc::new(SystemClock)));
    let statuses = Statuses::new(records.clone());
    for number in 0..TENANTS {
        let status = Status::new(format!("tenant-{number:05}").parse().unwrap());
        statuses.write(&status, Precondition::Absent).await.unwrap();
    }
    let counted =
        Arc::new(Counted { inner: records.clone(), listings: AtomicUsize::new(0), others: AtomicUsize::new(0) });
    let queries = Queries::new(records, counted.clone());
    let began = Instant::now();
    let (mut seen, mut next) = (0, Some(Cursor::default()));
    while let Some(from) = next {
        let part = queries.tenants(ListFilter::default(), from, 1000).await.unwrap();
        seen += part.items.len();
        next = part.next;
    }
    let took = millis(began.elapsed());
    assert_eq!(seen, TENANTS, "every tenant is listed");
    let (listings, others) = (counted.listings.load(Ordering::Relaxed), counted.others.load(Ordering::Relaxed));
    let told = format!("{listings} listings, {others} reads, {took:.0} ms");
    Figure::new(
        "list of 10,000 tenants",
        "one listing per 1,000, no read per tenant",
        told,
        listings <= 11 && others == 0,
    )
}

struct Counted {
    inner: Arc<MemoryStore>,
    listings: AtomicUsize,
    others: AtomicUsize,
}

impl Counted {
    fn other(&self) -> &MemoryStore {
        self.others.fetch_add(1, Ordering::Relaxed);
        &self.inner
    }
}

#[async_trait]
impl ObjectReader for Counted {
    async fn read(&self, name: &ObjectName) -> Result<Option<Versioned<Bytes>>, StoreError> {
        self.other().read(name).await
    }

    async fn read_generation(&self, name: &ObjectName, generation: Generation) -> Result<Option<Bytes>, StoreError> {
        self.other().read_generation(name, generation).await
    }

    async fn stat(&self, name: &ObjectName) -> Result<Option<ObjectMeta>, StoreError> {
        self.other().stat(name).await
    }

    async fn list(&self, prefix: &str, page: Option<&PageToken>, limit: usize) -> Result<Page<ObjectMeta>, StoreError> {
        self.listings.fetch_add(1, Ordering::Relaxed);
        self.inner.list(prefix, page, limit).await
    }

    async fn generations(&self, name: &ObjectName) -> Result<Vec<ObjectMeta>, StoreError> {
        self.other().generations(name).await
    }
}
