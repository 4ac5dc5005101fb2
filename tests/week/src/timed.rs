//! A provisioner whose runs take as long as real ones, and fail as often.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tenancy::clock::Clock;
use tenancy::digest::Digest;
use tenancy::operation::OperationId;
use tenancy::provision::memory::{Fault, MemoryProvisioner};
use tenancy::provision::{
    Applied, ChangeSummary, Epoch, Goal, Guard, Plan, ProvisionError, Provisioner, Run, RunObserver, WorkspaceHead,
};
use tenancy::tenant::TenantId;

use crate::assumptions as taken;
use crate::hours::{Hour, Now};

/// How the cloud behaves just now. Cloning shares it.
#[derive(Clone, Default)]
pub(crate) struct Weather {
    /// Nothing takes time and nothing fails: the fleet is being made, before the week begins.
    pub(crate) making: Arc<AtomicBool>,
    /// Most applies are refused.
    pub(crate) outage: Arc<AtomicBool>,
}

/// The provisioner of a function, over a cloud in memory.
pub(crate) struct Timed {
    pub(crate) cloud: MemoryProvisioner,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) now: Now,
    pub(crate) weather: Weather,
    pub(crate) chance: std::sync::Mutex<StdRng>,
}

impl Timed {
    pub(crate) fn new(cloud: MemoryProvisioner, clock: Arc<dyn Clock>, now: Now, weather: Weather, seed: u64) -> Self {
        Self { cloud, clock, now, weather, chance: StdRng::seed_from_u64(seed).into() }
    }

    /// A run: it counts, and takes its time.
    async fn run(&self, took: Duration, count: impl FnOnce(&mut Hour)) {
        if self.weather.making.load(Ordering::Relaxed) {
            return;
        }
        self.now.count(|hour| {
            count(hour);
            hour.run_seconds += took.as_secs_f64();
        });
        self.clock.sleep(took).await;
    }

    fn is_refused(&self) -> bool {
        if self.weather.making.load(Ordering::Relaxed) {
            return false;
        }
        let outage = self.weather.outage.load(Ordering::Relaxed);
        let percent = if outage { taken::REFUSED_IN_OUTAGE } else { taken::REFUSED };
        self.chance.lock().unwrap_or_else(std::sync::PoisonError::into_inner).random_bool(percent / 100.0)
    }
}

#[async_trait]
impl Provisioner for Timed {
    fn platform_digest(&self) -> Digest {
        self.cloud.platform_digest()
    }

    async fn head(&self, tenant: &TenantId) -> Result<Option<WorkspaceHead>, ProvisionError> {
        self.now.count(|hour| hour.class_b += 1);
        self.cloud.head(tenant).await
    }

    async fn state(&self, tenant: &TenantId) -> Result<Option<Bytes>, ProvisionError> {
        self.now.count(|hour| hour.class_b += 1);
        self.cloud.state(tenant).await
    }

    async fn plan(&self, run: &Run, goal: Goal, observer: &dyn RunObserver) -> Result<Plan, ProvisionError> {
        self.run(taken::PLAN, |hour| {
            hour.plans += 1;
            hour.class_a += taken::STATE_WRITES_OF_PLAN;
            hour.class_b += taken::STATE_READS_OF_PLAN;
            hour.free += 1;
        })
        .await;
        self.cloud.plan(run, goal, observer).await
    }

    async fn apply(&self, run: &Run, guard: Guard, observer: &dyn RunObserver) -> Result<Applied, ProvisionError> {
        let took = if self.cloud.resources(&run.tenant).is_empty() { taken::CREATE } else { taken::UPDATE };
        self.run(took, |hour| {
            hour.applies += 1;
            hour.class_a += taken::STATE_WRITES_OF_APPLY;
            hour.class_b += taken::STATE_READS_OF_APPLY;
            hour.free += 1;
        })
        .await;
        if self.is_refused() {
            self.now.count(|hour| hour.refused += 1);
            // The run below takes it at its first step, before anybody else is polled.
            self.cloud.fail_next(Fault::Refused);
        }
        self.cloud.apply(run, guard, observer).await
    }

    async fn destroy(&self, run: &Run, observer: &dyn RunObserver) -> Result<ChangeSummary, ProvisionError> {
        self.run(taken::DESTROY, |hour| {
            hour.destroys += 1;
            hour.class_a += taken::STATE_WRITES_OF_APPLY;
            hour.class_b += taken::STATE_READS_OF_APPLY;
            hour.free += 2;
        })
        .await;
        self.cloud.destroy(run, observer).await
    }

    async fn forget(&self, tenant: &TenantId, operation: OperationId, epoch: Epoch) -> Result<(), ProvisionError> {
        self.cloud.forget(tenant, operation, epoch).await
    }

    async fn fence(&self, tenant: &TenantId, epoch: Epoch) -> Result<(), ProvisionError> {
        self.now.count(|hour| {
            hour.class_a += 1;
            hour.class_b += 1;
        });
        self.cloud.fence(tenant, epoch).await
    }

    async fn break_lock(&self, tenant: &TenantId, operation: OperationId) -> Result<(), ProvisionError> {
        self.now.count(|hour| hour.free += 1);
        self.cloud.break_lock(tenant, operation).await
    }
}
