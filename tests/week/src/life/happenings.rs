//! What happens to single tenants: people change, add and delete them, and hands change their resources behind everybody's
//! back.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use rand::RngExt as _;
use tenancy::records::{DefinitionObject, Trigger};
use tenancy::store::{NewObject, ObjectReader as _, ObjectStore as _, Precondition};
use tenancy::tenant::{Format, TenantId};
use tenancy::tenants::{IfMatch, Submission, Wait};

use super::{Life, caller};
use crate::assumptions as taken;
use crate::{Failure, progress};

/// What happens to a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Change,
    New,
    Delete,
    ByHand,
}

impl Life {
    /// Everything that happens to single tenants within the hour, each at a moment of its own.
    pub(super) fn happenings(self: &Arc<Self>, hour: usize) {
        let working = if hour / 24 % 7 >= 5 { taken::AT_WEEKENDS } else { 1.0 };
        let share = taken::BY_HOUR[hour % 24] / taken::BY_HOUR.iter().sum::<f64>();
        let often = |percent: f64| self.times(percent * working * share);
        for (count, what) in [
            (often(taken::CHANGED_A_DAY), What::Change),
            (often(taken::NEW_A_DAY), What::New),
            (often(taken::NEW_A_DAY), What::Delete),
            (self.times(taken::DRIFTED_A_DAY / 24.0), What::ByHand),
        ] {
            for _ in 0..count {
                let (life, wait) = (Arc::clone(self), self.draw(|chance| chance.random_range(0..3_600_000)));
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                    if let Err(error) = life.happen(what).await {
                        progress(&format!("{what:?}: {error}"));
                    }
                });
            }
        }
    }

    /// So many of 100 tenants; what is left of a whole one by chance.
    fn times(&self, percent: f64) -> u32 {
        let mean = percent / 100.0 * f64::from(u32::try_from(self.scale.tenants).unwrap_or(u32::MAX));
        let mut whole = 0;
        while f64::from(whole) + 1.0 <= mean {
            whole += 1;
        }
        whole + u32::from(self.draw(|chance| chance.random_bool((mean - f64::from(whole)).clamp(0.0, 1.0))))
    }

    async fn happen(self: &Arc<Self>, what: What) -> Result<(), Failure> {
        let uploaded = self.draw(|chance| chance.random_bool(taken::UPLOADED / 100.0));
        match what {
            What::Change | What::New => {
                let tenant = if what == What::New { self.new_tenant()? } else { self.some_tenant() };
                let most = self.draw(|chance| chance.random_range(1..20));
                self.now.count(|hour| hour.changes += 1);
                if uploaded {
                    self.change_by_upload(&tenant, most).await
                } else {
                    self.change_by_request(&tenant, most, what).await
                }
            }
            What::Delete => {
                let tenant = self.leaving_tenant();
                self.now.count(|hour| hour.changes += 1);
                if uploaded {
                    self.remove(&tenant).await?;
                    self.tell(&tenant).await;
                    return Ok(());
                }
                let wait = Wait::ForResult;
                self.plane().commands.delete(&caller(Trigger::Api), &tenant, IfMatch::Any, false, wait).await?;
                Ok(())
            }
            What::ByHand => {
                let (tenant, at) = (self.some_tenant(), self.ground.clock.now());
                self.cloud.change_service(&tenant);
                self.now.count(|hour| hour.by_hand += 1);
                tokio::time::sleep(taken::FEED).await;
                self.now.count(|hour| hour.events += 1);
                self.plane().watcher.suspect(&tenant, Some(at)).await?;
                Ok(())
            }
        }
    }

    async fn change_by_upload(self: &Arc<Self>, tenant: &TenantId, most: u32) -> Result<(), Failure> {
        self.upload(tenant, most).await?;
        self.tell(tenant).await;
        Ok(())
    }

    async fn change_by_request(&self, tenant: &TenantId, most: u32, what: What) -> Result<(), Failure> {
        let submission = Submission { source: definition(tenant, most), format: Format::Yaml };
        let (commands, caller, began) = (self.plane(), caller(Trigger::Api), self.ground.clock.now());
        self.now.count(|hour| hour.requests += 1);
        let answer = if what == What::New {
            commands.commands.create(&caller, submission, Wait::ForResult).await
        } else {
            commands.commands.update(&caller, tenant, submission, IfMatch::Any, Wait::ForResult).await
        };
        // A refusal is an answer: somebody else deletes the tenant, or the cloud refuses.
        if answer.is_ok() {
            self.now.answered(self.ground.clock.now().duration_since(began).as_secs_f64());
        }
        Ok(())
    }

    /// The bucket's event: it comes once, mostly.
    async fn tell(&self, tenant: &TenantId) {
        let (lost, doubled) = (taken::EVENTS_LOST / 1_000.0, taken::EVENTS_DOUBLED / 1_000.0);
        let (lost, doubled) = self.draw(|chance| (chance.random_bool(lost), chance.random_bool(doubled)));
        if lost {
            return;
        }
        for _ in 0..=usize::from(doubled) {
            tokio::time::sleep(taken::DELIVERY).await;
            self.now.count(|hour| {
                hour.events += 1;
                hour.requests += 1;
            });
            // What is not noticed now is found by the sweep.
            let _ = self.plane().watcher.notice(tenant).await;
        }
    }

    pub(super) async fn upload(&self, tenant: &TenantId, most: u32) -> Result<(), Failure> {
        let name = DefinitionObject::of(tenant, Format::Yaml).name;
        let bucket = &self.ground.definitions.bucket;
        let when =
            bucket.stat(&name).await?.map_or(Precondition::Absent, |live| Precondition::Matches(live.generation));
        let object = NewObject { body: definition(tenant, most), ..NewObject::default() };
        self.ground.definitions.write(&name, object, when).await?;
        Ok(())
    }

    async fn remove(&self, tenant: &TenantId) -> Result<(), Failure> {
        let name = DefinitionObject::of(tenant, Format::Yaml).name;
        if let Some(live) = self.ground.definitions.bucket.stat(&name).await? {
            self.ground.definitions.delete(&name, live.generation).await?;
        }
        Ok(())
    }

    fn some_tenant(&self) -> TenantId {
        let tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let at = self.draw(|chance| chance.random_range(0..tenants.len()));
        tenants[at].clone()
    }

    fn leaving_tenant(&self) -> TenantId {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let at = self.draw(|chance| chance.random_range(0..tenants.len()));
        tenants.swap_remove(at)
    }

    fn new_tenant(&self) -> Result<TenantId, Failure> {
        let number: u32 = self.draw(|chance| chance.random_range(1_000_000..2_000_000));
        let tenant: TenantId = format!("tenant-{number}").parse()?;
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).push(tenant.clone());
        Ok(tenant)
    }
}

/// Every other tenant has drift corrected.
fn definition(tenant: &TenantId, most: u32) -> Bytes {
    let policy = if tenant.as_str().ends_with(['0', '2', '4', '6', '8']) { "Correct" } else { "Report" };
    format!(
        "apiVersion: aipress.io/v1alpha1\nkind: Tenant\nmetadata:\n  name: {tenant}\nspec:\n  driftPolicy: {policy}\n  runtime:\n    \
         scaling:\n      maxInstances: {most}\n  plugins: []\n"
    )
    .into()
}
