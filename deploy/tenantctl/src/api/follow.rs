//! Following one operation until it ends.

use std::time::{Duration, Instant};

use tenancy::operation::OperationId;
use tenancy::records::Operation;
use tenancy::tenant::TenantId;

use super::{Api, ApiError, Received};

const SOONEST: Duration = Duration::from_millis(150);
const LATEST: Duration = Duration::from_secs(2);
/// A poll that fails is nothing the work knows of: for so long the next one is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// Asks for the operation again and again until it has ended or `limit` is over; `watch` sees every state of it.
pub(crate) async fn follow(
    api: &Api,
    tenant: &TenantId,
    operation: OperationId,
    limit: Duration,
    watch: impl Fn(&Operation),
) -> Result<Received<Operation>, ApiError> {
    let started = Instant::now();
    let mut heard = Instant::now();
    let mut wait = SOONEST;
    loop {
        match api.operation(tenant, operation).await {
            Ok(seen) => {
                heard = Instant::now();
                watch(&seen.value);
                if seen.value.outcome.is_final() {
                    return Ok(seen);
                }
            }
            Err(error) if error.retryable() && heard.elapsed() < PATIENCE => {}
            Err(error) => return Err(error),
        }
        if started.elapsed() + wait > limit {
            return Err(ApiError::StillRunning { tenant: tenant.clone(), operation });
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 3 / 2).min(LATEST);
    }
}
