//! What a cloud does beside answering requests: work off tasks, start the sweep, and, at the first start, the examples.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use tenancy::reconcile::{Insist, Reconciler, Sweeper};
use tenancy::records::{Principal, Trigger};
use tenancy::store::{NewObject, ObjectName, ObjectStore, Precondition};
use tenancy::tasks::LocalQueue;
use tenancy::tenants::Caller;
use tokio_util::sync::CancellationToken;

/// Works off tasks until `stop`, as many at once as runs are allowed.
pub(crate) async fn work(queue: LocalQueue, reconciler: Reconciler, workers: usize, stop: CancellationToken) {
    let caller = Caller { principal: Principal("task-queue".to_owned()), trigger: Trigger::Task };
    let run = |tenant: tenancy::tenant::TenantId| {
        let (reconciler, caller) = (reconciler.clone(), caller.clone());
        async move {
            // What failed is on the tenant's status, and is found again by the sweep.
            if let Err(error) = reconciler.reconcile(&caller, &tenant, Insist::No).await {
                tracing::warn!(%tenant, %error, "a task was not done");
            }
        }
    };
    queue.work(workers, stop, run).await;
}

/// Sweeps again and again until `stop`.
pub(crate) async fn sweep(sweeper: Sweeper, every: Duration, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(every)).await.is_some() {
        if let Err(error) = sweeper.sweep().await {
            tracing::warn!(%error, "a sweep ended early; the next one begins anew");
        }
    }
}

/// Uploads the example definitions into a bucket that never held one. Says how many.
pub(crate) async fn upload_examples(definitions: &dyn ObjectStore, folder: &Path) -> std::io::Result<usize> {
    let listed = definitions.list("tenants/", None, 1).await;
    if listed.is_ok_and(|page| !page.items.is_empty()) {
        return Ok(0);
    }
    let mut uploaded = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(file) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let Ok(name) = ObjectName::new(format!("tenants/{file}")) else { continue };
        let body = Bytes::from(std::fs::read(&path)?);
        let object = NewObject { body, content_type: Some("application/yaml".to_owned()), ..NewObject::default() };
        // One that was deleted before stays deleted: its generations are still there.
        let known = definitions.generations(&name).await.is_ok_and(|generations| !generations.is_empty());
        if !known && definitions.write(&name, object, Precondition::Absent).await.is_ok() {
            uploaded += 1;
        }
    }
    Ok(uploaded)
}
