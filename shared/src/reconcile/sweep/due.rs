//! Whether a tenant is behind, and how soon somebody should look: pure readings of what two listings say.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::super::observe::waits_for_the_platform;
use crate::digest::Digest;
use crate::platform::Platform;
use crate::records::{LastLook, Phase, StatusSummary};
use crate::store::Generation;
use crate::tasks::Priority;
use crate::tenant::TenantId;

/// Why a tenant is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Due {
    /// Its definition is newer than what was decided on.
    Changed,
    /// Its definition vanished.
    Vanished,
    /// A deletion was asked for and is not done.
    Deletion,
    /// An operation that somebody asked for waits for its turn, and may have lost its task.
    Queued,
    /// A run's process died.
    Interrupted,
    /// A failed apply is due again.
    Retry,
    /// Its tombstone's time has come.
    Tombstone,
    /// Work on its plugins is due.
    Plugins,
    /// The list of plugins it refers to changed.
    PluginList,
    /// It is its turn in a rollout.
    Rollout,
    /// A drift check is due.
    DriftCheck,
}

impl Due {
    /// What people changed comes first, what must be mended next, what only wants a look last.
    pub(super) const fn priority(self) -> Priority {
        match self {
            Self::Changed | Self::Vanished | Self::Deletion | Self::Queued | Self::PluginList => Priority::Change,
            Self::Interrupted | Self::Retry | Self::Tombstone | Self::Plugins => Priority::Recovery,
            Self::Rollout | Self::DriftCheck => Priority::Upkeep,
        }
    }
}

/// Whether a tenant is behind. `Queued` and `Interrupted` are suspicions; the tenant's lease tells.
pub fn due(
    tenant: &TenantId,
    definition: Option<Generation>,
    summary: Option<&StatusSummary>,
    now: Timestamp,
    platform: &Platform,
) -> Option<Due> {
    let Some(summary) = summary else { return definition.map(|_| Due::Changed) };
    if summary.queued {
        return Some(Due::Queued);
    }
    let waits = summary.phase == Phase::Failed && summary.retry_not_before.is_some_and(|after| now < after);
    if summary.deletion_requested {
        return (!waits).then_some(Due::Deletion);
    }
    if matches!(summary.phase, Phase::Applying | Phase::Deleting) {
        return Some(Due::Interrupted);
    }
    if definition.is_none() {
        return match (summary.destroy_after, summary.phase) {
            (Some(after), _) => (after <= now && !waits).then_some(Due::Tombstone),
            (None, Phase::Held) => None,
            (None, _) => Some(Due::Vanished),
        };
    }
    if summary.observed_generation != definition || summary.destroy_after.is_some() {
        return Some(Due::Changed);
    }
    match summary.phase {
        Phase::Pending => Some(Due::Changed),
        // Without a failed apply to try again, it is failed for its plugins: its resources are as defined.
        Phase::Failed if summary.retry_not_before.is_some() || summary.plugins_not_before.is_none() => {
            (!waits).then_some(Due::Retry)
        }
        Phase::Invalid => waits_for_the_platform(summary).then_some(Due::Retry),
        Phase::Ready | Phase::Failed if summary.plugins_not_before.is_some_and(|due| due <= now) => Some(Due::Plugins),
        Phase::Ready | Phase::Failed => {
            (next_check(tenant, &summary.last_look(), platform) <= now).then_some(Due::DriftCheck)
        }
        _ => None,
    }
}

/// When a tenant's next drift check is due: at once where something outside says that the cloud changed, soon where a
/// first sighting wants confirming, and otherwise at the tenant's own moment.
pub fn next_check(tenant: &TenantId, look: &LastLook, platform: &Platform) -> Timestamp {
    let Some(last) = look.at else { return Timestamp::MIN };
    if let Some(suspected) = look.suspected.filter(|suspected| *suspected > last) {
        return suspected;
    }
    let own = own_moment(tenant, last, platform);
    let soon = SignedDuration::from_secs(platform.drift.confirm_seconds.cast_signed());
    if look.unconfirmed { own.min(last.saturating_add(soon).unwrap_or(Timestamp::MAX)) } else { own }
}

/// Each tenant has a moment of its own within the interval, by a hash of its id, so that tenants that were applied together
/// are not checked together: the first check comes half an interval to one and a half after the apply, later ones an
/// interval apart.
fn own_moment(tenant: &TenantId, last: Timestamp, platform: &Platform) -> Timestamp {
    let Some(interval) = i64::try_from(platform.drift.interval_seconds).ok().filter(|interval| *interval > 0) else {
        return last;
    };
    let earliest = last.as_second().saturating_add(interval / 2);
    let wait = (moment(tenant).rem_euclid(interval) - earliest.rem_euclid(interval)).rem_euclid(interval);
    last.saturating_add(SignedDuration::from_secs((interval / 2).saturating_add(wait))).unwrap_or(Timestamp::MAX)
}

fn moment(tenant: &TenantId) -> i64 {
    let digest = Digest::of(tenant.as_str().as_bytes());
    digest.as_bytes().iter().take(6).fold(0, |moment, byte| (moment << 8) | i64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn daily() -> Platform {
        Platform::parse(crate::reconcile::tests::PLATFORM).unwrap()
    }

    #[test]
    fn checks_of_tenants_applied_together_are_spread_over_the_interval() {
        let (platform, applied) = (daily(), "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
        let mut hours = [0_u32; 24];
        for number in 0..24_000 {
            let tenant: TenantId = format!("tenant-{number}").parse().unwrap();
            let first = own_moment(&tenant, applied, &platform);
            let wait = first.as_second() - applied.as_second();
            assert!((43_200..129_600).contains(&wait), "{wait}");
            hours[usize::try_from(first.as_second() / 3600 % 24).unwrap()] += 1;
            let second = own_moment(&tenant, first, &platform);
            assert_eq!(second.as_second() - first.as_second(), 86_400, "an interval apart from then on");
        }
        assert!(hours.iter().all(|checks| (850..1150).contains(checks)), "{hours:?}");
    }

    #[test]
    fn a_check_that_came_late_does_not_move_the_next() {
        let (platform, tenant) = (daily(), "acme".parse().unwrap());
        let first = own_moment(&tenant, Timestamp::UNIX_EPOCH, &platform);
        let late = first + SignedDuration::from_hours(3);
        assert_eq!(own_moment(&tenant, late, &platform), own_moment(&tenant, first, &platform));
    }

    #[test]
    fn a_first_sighting_is_looked_at_again_soon_and_a_suspicion_at_once() {
        let (platform, tenant) = (daily(), "acme".parse().unwrap());
        let at = |second| Timestamp::from_second(second).unwrap();
        let look = LastLook { at: Some(at(1_000)), unconfirmed: false, suspected: None };
        let own = own_moment(&tenant, at(1_000), &platform);
        assert_eq!(next_check(&tenant, &look, &platform), own);
        assert_eq!(next_check(&tenant, &LastLook { unconfirmed: true, ..look }, &platform), at(4_600));
        let suspected = |second| LastLook { suspected: Some(at(second)), ..look };
        assert_eq!(next_check(&tenant, &suspected(1_001), &platform), at(1_001));
        assert_eq!(next_check(&tenant, &suspected(999), &platform), own, "looked at since");
        assert!(next_check(&tenant, &LastLook { at: None, ..look }, &platform) < at(0));
    }
}
