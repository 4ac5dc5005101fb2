//! A list of the whole fleet: what it asks of the store, and what it costs above the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use tenancy::clock::SystemClock;
use tenancy::records::{Phase, Status, Statuses};
use tenancy::store::memory::MemoryStore;
use tenancy::store::{
    Generation, ObjectMeta, ObjectName, ObjectReader, Page, PageToken, Precondition, StoreError, Versioned,
};
use tenancy::tenants::{Cursor, ListFilter, Queries};

use crate::Failure;
use crate::figure::{Figure, Target, Unit};

const FLEET: usize = 10_000;
const PAGE: usize = 1_000;

/// Passes everything on, and counts.
struct Counting {
    bucket: Arc<MemoryStore>,
    listings: AtomicUsize,
    reads: AtomicUsize,
}

pub(super) async fn measure() -> Result<Vec<Figure>, Failure> {
    let records = Arc::new(MemoryStore::new("records", Arc::new(SystemClock)));
    let statuses = Statuses::new(records.clone());
    for number in 0..FLEET {
        let mut status = Status::new(format!("tenant-{number}").parse()?);
        status.phase = Phase::Ready;
        statuses.write(&status, Precondition::Absent).await?;
    }
    let counting = Arc::new(Counting { bucket: records, listings: AtomicUsize::new(0), reads: AtomicUsize::new(0) });
    let queries = Queries::new(counting.clone(), counting.clone());
    let (mut at, mut found) = (Cursor::default(), 0);
    let began = Instant::now();
    loop {
        let part = queries.tenants(ListFilter::default(), at, PAGE).await?;
        found += part.items.len();
        match part.next {
            Some(next) => at = next,
            None => break,
        }
    }
    let took = began.elapsed().as_secs_f64() * 1_000.0;
    if found != FLEET {
        return Err(format!("{found} of {FLEET} tenants were listed").into());
    }
    let [listings, reads] = [&counting.listings, &counting.reads].map(|count| count.load(Ordering::Relaxed));
    let listings_target = Target::Exactly(count(FLEET / PAGE));
    Ok(vec![
        Figure::new("list.listings", "list of 10,000 tenants: listings", count(listings), Unit::Count, listings_target),
        Figure::new("list.reads", "list of 10,000 tenants: reads", count(reads), Unit::Count, Target::Exactly(0.0)),
        Figure::new("list.time", "list of 10,000 tenants: time", took, Unit::Milliseconds, Target::None)
            .noting("over a store in memory: what is ours of it; a listing of Cloud Storage takes longer"),
    ])
}

/// Far below where a float stops counting.
fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

impl Counting {
    fn reading(&self) -> &MemoryStore {
        self.reads.fetch_add(1, Ordering::Relaxed);
        &self.bucket
    }
}

#[async_trait]
impl ObjectReader for Counting {
    async fn read(&self, name: &ObjectName) -> Result<Option<Versioned<Bytes>>, StoreError> {
        self.reading().read(name).await
    }

    async fn read_generation(&self, name: &ObjectName, generation: Generation) -> Result<Option<Bytes>, StoreError> {
        self.reading().read_generation(name, generation).await
    }

    async fn stat(&self, name: &ObjectName) -> Result<Option<ObjectMeta>, StoreError> {
        self.reading().stat(name).await
    }

    async fn list(&self, prefix: &str, page: Option<&PageToken>, limit: usize) -> Result<Page<ObjectMeta>, StoreError> {
        self.listings.fetch_add(1, Ordering::Relaxed);
        self.bucket.list(prefix, page, limit).await
    }

    async fn generations(&self, name: &ObjectName) -> Result<Vec<ObjectMeta>, StoreError> {
        self.reading().generations(name).await
    }
}
