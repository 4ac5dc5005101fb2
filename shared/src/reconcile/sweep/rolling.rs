//! The rollout's part of a sweep: count how its tenants fare, take the next step, hand out whose turn it is.

use jiff::Timestamp;

use super::round::Round;
use crate::platform::Platform;
use crate::records::{Rollouts, StatusSummary};
use crate::rollout::{Defaults, Named, Release, Rollout, Tally};
use crate::signals;
use crate::store::{StoreError, Versioned};
use crate::tenant::TenantId;

/// One sweep's look at the rollout.
pub(super) struct Rolling {
    seen: Option<Versioned<Rollout>>,
    rollout: Rollout,
    named: Named,
    tally: Tally,
    turn: Round,
}

impl Rolling {
    /// Reads the record, and sees whether the platform's release is its target. `None` where no worker has said yet which
    /// module it holds, or where that cannot be read now: everything else is looked at all the same.
    pub(super) async fn begin(rollouts: &Rollouts, platform: &Platform, now: Timestamp) -> Option<Self> {
        match Self::read(rollouts, platform, now).await {
            Ok(begun) => begun,
            Err(error) => {
                tracing::warn!(%error, "the rollout cannot be read: it waits");
                None
            }
        }
    }

    async fn read(rollouts: &Rollouts, platform: &Platform, now: Timestamp) -> Result<Option<Self>, StoreError> {
        let (module, seen) = tokio::try_join!(rollouts.module(), rollouts.read())?;
        let Some(module) = module else { return Ok(None) };
        let current = Release { defaults: Defaults::of(platform), module };
        let known = seen.as_ref().map(|seen| &seen.value);
        let rollout = Rollout::toward(known, &current, &platform.rollout, now);
        let named = Named { target: rollout.target.digest(), module };
        let (tally, turn) = (Tally::of(&rollout), Round::of(platform.rollout.tenants_per_sweep));
        Ok(Some(Self { seen, rollout, named, tally, turn }))
    }

    /// Counts one tenant; says whether it is its turn.
    pub(super) fn count(&mut self, tenant: &TenantId, summary: &StatusSummary) -> bool {
        self.tally.count(tenant, summary, &self.rollout, self.named)
    }

    /// Whether a tenant is of another module than the workers hold: a plan would show what that one does otherwise.
    pub(super) fn is_of_another_module(&self, summary: &StatusSummary) -> bool {
        summary.module.is_some_and(|module| module != self.named.module)
    }

    /// It is a tenant's turn, and nothing is more pressing.
    pub(super) fn add(&mut self, tenant: TenantId, since: Option<Timestamp>) {
        self.turn.add(since, tenant);
    }

    /// Takes the next steps, writes them down, and says whose turn it is: nobody's, where that could not be written, or is
    /// not so any more.
    pub(super) async fn end(
        self,
        rollouts: &Rollouts,
        platform: &Platform,
        now: Timestamp,
    ) -> Result<Option<Round>, StoreError> {
        let Self { seen, rollout, tally, turn, .. } = self;
        let moves = rollout.moves();
        let advanced = rollout.advanced(tally, &platform.rollout, now);
        let before = seen.as_ref().map(|seen| &seen.value);
        if before != Some(&advanced) {
            if !rollouts.write(&advanced, seen.as_ref()).await? {
                return Ok(None);
            }
            if before.is_none_or(|before| before.changed != advanced.changed) {
                signals::rollout_changed(&advanced);
            }
        }
        Ok((moves && advanced.moves()).then_some(turn))
    }
}
