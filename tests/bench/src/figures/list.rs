//! A list of the whole fleet: what it asks of the store, and what it costs above the store.

use std::sync::Arc;
use std::time::Instant;

use tenancy::clock::SystemClock;
use tenancy::records::{Phase, Status, Statuses};
use tenancy::store::Precondition;
use tenancy::store::memory::MemoryStore;
use tenancy::tenants::{Cursor, ListFilter, Queries};

use crate::Failure;
use crate::counting::Counting;
use crate::figure::{Figure, Target, Unit, count};

const FLEET: usize = 10_000;
const PAGE: usize = 1_000;

pub(super) async fn measure() -> Result<Vec<Figure>, Failure> {
    let records = Arc::new(MemoryStore::new("records", Arc::new(SystemClock)));
    let statuses = Statuses::new(records.clone());
    for number in 0..FLEET {
        let mut status = Status::new(format!("tenant-{number}").parse()?);
        status.phase = Phase::Ready;
        statuses.write(&status, Precondition::Absent).await?;
    }
    let counting = Arc::new(Counting::over(records));
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
    let (listings, reads) = counting.take();
    let listings_target = Target::Exactly(count(FLEET / PAGE));
    Ok(vec![
        Figure::new("list.listings", "list of 10,000 tenants: listings", count(listings), Unit::Count, listings_target),
        Figure::new("list.reads", "list of 10,000 tenants: reads", count(reads), Unit::Count, Target::Exactly(0.0)),
        Figure::new("list.time", "list of 10,000 tenants: time", took, Unit::Milliseconds, Target::None)
            .noting("over a store in memory: what is ours of it; a listing of Cloud Storage takes longer"),
    ])
}
