//! A sweep where nothing is to be done: its time, its memory, what it asks of the buckets. Beside it a plain loop: each tenant's
//! definition and status read, one after the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tenancy::clock::{Clock as _, SystemClock};
use tenancy::platform::Platform;
use tenancy::plugins::PluginLists;
use tenancy::reconcile::{SweepReport, Sweeper};
use tenancy::records::{RecordName, RetentionRound};
use tenancy::store::gcs::{GcsClients, GcsSettings};
use tenancy::store::memory::MemoryStore;
use tenancy::store::{LIST_LIMIT, ObjectStore, Precondition};
use tenancy::tasks::LocalQueue;

use super::settled::Fleet;
use crate::Failure;
use crate::buckets::Buckets;
use crate::counting::Counting;
use crate::figure::{Figure, Target, Unit, count};
use crate::memory::Watermark;
use crate::world::repository;

/// Tenants that the plain loop reads over storage: a whole fleet would take too long to wait for.
const LOOPED: usize = 2_000;

/// What one sweep came to.
struct Swept {
    took: Duration,
    /// MiB above what was there before it.
    memory: f64,
    listings: usize,
    reads: usize,
}

/// Over buckets in memory.
pub(super) async fn in_memory(tenants: usize) -> Result<Vec<Figure>, Failure> {
    let bucket = |name: &str| Arc::new(MemoryStore::new(name, Arc::new(SystemClock)));
    let fleet = Fleet { definitions: bucket("definitions"), records: bucket("records") };
    fleet.settle(tenants).await?;
    let swept = sweep(&fleet, tenants).await?;
    let looped = plain_loop(&fleet, tenants).await?;
    let calls = format!("{} listings, {} reads; a plain loop reads {}", swept.listings, swept.reads, 2 * tenants);
    let what = |part: &str| format!("sweep over {tenants} quiet tenants, in memory: {part}");
    let (took, others) = (milliseconds(swept.took), milliseconds(looped));
    Ok(vec![
        Figure::new("fleet.memory.time", &what("time"), took, Unit::Milliseconds, Target::AtMost(2_000.0))
            .noting(format!("the plain loop: {others:.0} ms")),
        Figure::new("fleet.memory.peak", &what("memory"), swept.memory, Unit::Mebibytes, Target::AtMost(100.0)),
        Figure::new("fleet.memory.reads", &what("reads"), count(swept.reads), Unit::Count, Target::Exactly(0.0)),
        listings("fleet.memory.listings", &what("listings"), &swept, tenants).noting(calls),
    ])
}

/// Over the sandbox's storage, with the client that Cloud Storage is spoken to with.
pub(super) async fn over_storage(buckets: &Buckets, tenants: usize) -> Result<Vec<Figure>, Failure> {
    let clients = GcsClients::new(GcsSettings { endpoint: Some(buckets.endpoint.clone()) });
    let bucket = |name: &str| Arc::new(clients.bucket(name));
    let fleet = Fleet { definitions: bucket(buckets.names.definitions), records: bucket(buckets.names.records) };
    fleet.settle(tenants).await?;
    let swept = sweep(&fleet, tenants).await?;
    let looped = tenants.min(LOOPED);
    let one = milliseconds(plain_loop(&fleet, looped).await?) / count(looped);
    let what = |part: &str| format!("sweep over {tenants} quiet tenants, in storage: {part}");
    let ratio = one * count(tenants) / milliseconds(swept.took);
    Ok(vec![
        Figure::new("fleet.storage.time", &what("time"), milliseconds(swept.took), Unit::Milliseconds, Target::None)
            .noting(format!("a plain loop takes {one:.2} ms a tenant (n={looped}): {ratio:.0} times as long for all")),
        Figure::new("fleet.storage.reads", &what("reads"), count(swept.reads), Unit::Count, Target::Exactly(0.0)),
        listings("fleet.storage.listings", &what("listings"), &swept, tenants),
    ])
}

/// Definitions and statuses a thousand at a time, and leases, of which there are none.
fn listings(id: &str, what: &str, swept: &Swept, tenants: usize) -> Figure {
    let pages = 2 * tenants.div_ceil(LIST_LIMIT) + 1;
    Figure::new(id, what, count(swept.listings), Unit::Count, Target::Exactly(count(pages)))
}

async fn sweep(fleet: &Fleet, tenants: usize) -> Result<Swept, Failure> {
    let counting = |bucket: Arc<dyn ObjectStore>| Arc::new(Counting::over(bucket));
    let (definitions, records) = (counting(fleet.definitions.clone()), counting(fleet.records.clone()));
    let platform = Platform::parse(&std::fs::read_to_string(repository().join("deploy/local/platform.yaml"))?)?;
    // A round through the fleet was made today: what is measured is a sweep like the hundreds after it.
    let (now, log_days) = (SystemClock.now(), platform.retention.log_days);
    let round = RetentionRound { began: now, swept: now, visited_to: None, log_days };
    round.write(fleet.records.as_ref(), Precondition::Absent).await?;
    let sweeper = Sweeper::new(
        definitions.clone(),
        records.clone(),
        PluginLists::new(Arc::new(GcsClients::new(GcsSettings::default()))),
        Arc::new(LocalQueue::new(1_000)),
        Arc::new(SystemClock),
        Arc::new(platform),
    );
    let memory = Watermark::here()?;
    let began = Instant::now();
    let report = sweeper.sweep().await?;
    let took = began.elapsed();
    let memory = memory.above()?;
    is_quiet(&report, tenants)?;
    let (listed, read) = [definitions, records]
        .iter()
        .map(|bucket| bucket.take())
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    Ok(Swept { took, memory, listings: listed, reads: read })
}

fn is_quiet(report: &SweepReport, tenants: usize) -> Result<(), Failure> {
    if (report.definitions, report.tenants, report.behind.len()) == (tenants, tenants, 0) {
        return Ok(());
    }
    Err(format!("the fleet was not quiet: {report:?}").into())
}

async fn plain_loop(fleet: &Fleet, tenants: usize) -> Result<Duration, Failure> {
    let began = Instant::now();
    for number in 0..tenants {
        let tenant = Fleet::tenant(number)?;
        let definition = fleet.definitions.read(&Fleet::definition(&tenant).name).await?;
        let status = fleet.records.read(&RecordName::status(&tenant)).await?;
        if definition.is_none() || status.is_none() {
            return Err(format!("{tenant} is not there").into());
        }
    }
    Ok(began.elapsed())
}

fn milliseconds(took: Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}
