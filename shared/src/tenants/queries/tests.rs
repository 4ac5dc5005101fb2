//! What a list of the fleet costs. What it answers is tested behind the routes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;

use super::{Cursor, Queries};
use crate::clock::SystemClock;
use crate::records::{Phase, RecordName, Status, StatusSummary};
use crate::store::document::write_json;
use crate::store::memory::MemoryStore;
use crate::store::{
    Generation, ObjectMeta, ObjectName, ObjectReader, Page, PageToken, Precondition, StoreError, Versioned,
};
use crate::tenants::ListFilter;

/// A bucket that counts what is asked of it.
struct Counted {
    bucket: MemoryStore,
    listings: AtomicUsize,
    reads: AtomicUsize,
}

#[async_trait]
impl ObjectReader for Counted {
    async fn read(&self, name: &ObjectName) -> Result<Option<Versioned<Bytes>>, StoreError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.bucket.read(name).await
    }

    async fn read_generation(&self, name: &ObjectName, generation: Generation) -> Result<Option<Bytes>, StoreError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.bucket.read_generation(name, generation).await
    }

    async fn stat(&self, name: &ObjectName) -> Result<Option<ObjectMeta>, StoreError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.bucket.stat(name).await
    }

    async fn list(&self, prefix: &str, page: Option<&PageToken>, limit: usize) -> Result<Page<ObjectMeta>, StoreError> {
        self.listings.fetch_add(1, Ordering::Relaxed);
        self.bucket.list(prefix, page, limit).await
    }

    async fn generations(&self, name: &ObjectName) -> Result<Vec<ObjectMeta>, StoreError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.bucket.generations(name).await
    }
}

/// Tenants `t00000`, `t00001`, …; every hundredth has failed.
async fn fleet(tenants: usize) -> Arc<Counted> {
    let phase = |number: usize| if number.is_multiple_of(100) { Phase::Failed } else { Phase::Ready };
    named((0..tenants).map(|number| (format!("t{number:05}"), phase(number)))).await
}

async fn named(tenants: impl IntoIterator<Item = (String, Phase)>) -> Arc<Counted> {
    let bucket = MemoryStore::new("records", Arc::new(SystemClock));
    for (name, phase) in tenants {
        let mut status = Status::new(name.parse().unwrap());
        status.phase = phase;
        let (name, metadata) = (RecordName::status(&status.tenant), StatusSummary::from(&status).to_metadata());
        write_json(&bucket, &name, &status, metadata, Precondition::Absent).await.unwrap();
    }
    Arc::new(Counted { bucket, listings: AtomicUsize::new(0), reads: AtomicUsize::new(0) })
}

/// Lists to the end: the names, and how often was asked.
async fn list_all(records: &Arc<Counted>, filter: ListFilter, limit: usize) -> (Vec<String>, usize) {
    let queries =
        Queries::new(Arc::clone(records) as Arc<dyn ObjectReader>, Arc::clone(records) as Arc<dyn ObjectReader>);
    let (mut names, mut at, mut asked) = (Vec::new(), Some(Cursor::default()), 0);
    while let Some(from) = at {
        let part = queries.tenants(filter, from, limit).await.unwrap();
        assert!(part.items.len() <= limit);
        names.extend(part.items.into_iter().map(|found| found.tenant.to_string()));
        (at, asked) = (part.next, asked + 1);
    }
    (names, asked)
}

#[tokio::test]
async fn a_fleet_costs_a_listing_a_thousand_and_no_read() {
    let records = fleet(2_500).await;
    let (names, asked) = list_all(&records, ListFilter::default(), 1_000).await;
    assert_eq!((names.len(), asked), (2_500, 3));
    assert!(names.is_sorted());
    assert_eq!((records.listings.load(Ordering::Relaxed), records.reads.load(Ordering::Relaxed)), (3, 0));
}

#[tokio::test]
async fn the_fleet_in_numbers_costs_the_same() {
    let records = fleet(2_500).await;
    let reader = || Arc::clone(&records) as Arc<dyn ObjectReader>;
    let fleet = Queries::new(reader(), reader()).fleet().await.unwrap();
    assert_eq!((fleet.tenants, fleet.phases[&Phase::Failed]), (2_500, 25));
    let calls = (records.listings.load(Ordering::Relaxed), records.reads.load(Ordering::Relaxed));
    assert_eq!(calls, (3, 1), "the one read is the rollout's: who is outdated hangs on its target");
}

#[tokio::test]
async fn a_filter_looks_at_a_thousand_at_a_time_and_loses_nobody() {
    let failed = ListFilter { phase: Some(Phase::Failed), drifted: None };
    for limit in [1, 7, 10, 1_000] {
        let records = fleet(2_500).await;
        let (names, _) = list_all(&records, failed, limit).await;
        let expected: Vec<String> = (0..25).map(|hundred| format!("t{:05}", hundred * 100)).collect();
        assert_eq!(names, expected, "limit {limit}");
        assert_eq!(records.reads.load(Ordering::Relaxed), 0);
    }
    let records = fleet(2_500).await;
    list_all(&records, failed, 1_000).await;
    assert_eq!(records.listings.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_page_goes_on_where_the_bucket_does_which_sorts_hyphens_before_the_dot() {
    let names = ["acme", "acme-shop", "acme-shop-eu", "acme2"];
    let records = named(names.map(|name| (name.to_owned(), Phase::Failed))).await;
    let failed = ListFilter { phase: Some(Phase::Failed), drifted: None };
    let (mut listed, _) = list_all(&records, failed, 1).await;
    listed.sort();
    assert_eq!(listed, names);
}

#[tokio::test]
async fn a_request_looks_at_ten_thousand_at_most() {
    let records = fleet(11_000).await;
    let deleting = ListFilter { phase: Some(Phase::Deleting), drifted: None };
    let (names, asked) = list_all(&records, deleting, 100).await;
    assert_eq!((names.len(), asked), (0, 2));
}
