//! What every way of handing tasks on must do, whoever carries them out. Each implementation's tests call these with a
//! bench of their own. A clause fails by panicking, as a test does.

#![allow(clippy::panic, clippy::missing_panics_doc, reason = "a clause fails by panicking, as a test does")]

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::{Priority, Task, Tasks};
use crate::tenant::TenantId;

/// An implementation and the far end of it.
pub trait Bench: Sync {
    /// Where tasks are handed to.
    fn tasks(&self) -> Arc<dyn Tasks>;

    /// The next tenant that a task arrives for.
    fn arrives(&self) -> impl Future<Output = TenantId> + Send;
}

/// Every task arrives at least once, whichever its priority, and however many are handed out at once.
pub async fn every_task_arrives(bench: &impl Bench) {
    let priorities = [Priority::Change, Priority::Recovery, Priority::Upkeep];
    let tenants: Vec<TenantId> = (0..30).map(|number| tenant(&format!("every-{number}"))).collect();
    let tasks = bench.tasks();
    let handed = tenants.iter().zip(priorities.into_iter().cycle());
    let handed = handed.map(|(tenant, priority)| tasks.hand_out(Task::new(tenant.clone(), priority)));
    for taken in futures::future::join_all(handed).await {
        assert!(taken.is_ok(), "{taken:?}");
    }
    arrive(bench, tenants).await;
}

/// A tenant that arrived arrives again when it is handed out again.
pub async fn a_tenant_arrives_as_often_as_it_must(bench: &impl Bench) {
    for _ in 0..3 {
        let task = Task::new(tenant("again"), Priority::Change);
        let taken = bench.tasks().hand_out(task).await;
        assert!(taken.is_ok(), "{taken:?}");
        arrive(bench, [tenant("again")]).await;
    }
}

async fn arrive(bench: &impl Bench, tenants: impl IntoIterator<Item = TenantId>) {
    let mut missing: BTreeSet<TenantId> = tenants.into_iter().collect();
    while !missing.is_empty() {
        let Ok(tenant) = tokio::time::timeout(Duration::from_mins(1), bench.arrives()).await else {
            panic!("a minute later still not there: {missing:?}")
        };
        missing.remove(&tenant);
    }
}

fn tenant(id: &str) -> TenantId {
    id.parse().unwrap_or_else(|error| panic!("{error}"))
}
