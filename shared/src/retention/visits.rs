//! Whom a sweep visits. It sees every tenant anyway; of these it takes some, those that come after the ones the sweep before
//! took, so that a round goes through the whole fleet and none is kept in memory.

use std::cmp::Ordering;

use jiff::{SignedDuration, Timestamp};

use super::Pace;
use crate::records::{LeaseMark, RetentionRound, listing_order};
use crate::tenant::TenantId;

/// A tenant to visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Visit {
    pub(super) tenant: TenantId,
    /// There is neither a definition nor a status of it.
    pub(super) is_gone: bool,
}

/// The visits of one sweep.
pub(crate) struct Visits {
    start: Start,
    pub(super) began: Timestamp,
    now: Timestamp,
    most: usize,
    pub(super) chosen: Vec<Visit>,
    /// More tenants follow than are visited.
    pub(super) cut_short: bool,
}

/// Where a sweep goes on.
enum Start {
    /// A whole round was made a short while ago, or nobody knows.
    Nowhere,
    AtTheFirst,
    After(TenantId),
}

impl Visits {
    /// None at all.
    pub(crate) fn none(now: Timestamp) -> Self {
        Self { start: Start::Nowhere, began: now, now, most: 0, chosen: Vec::new(), cut_short: false }
    }

    /// Those that follow on the last round.
    pub(super) fn after(last: Option<&RetentionRound>, now: Timestamp, pace: Pace) -> Self {
        let (start, began) = match last {
            Some(RetentionRound { visited_to: Some(tenant), began, .. }) => (Start::After(tenant.clone()), *began),
            Some(RetentionRound { began, .. }) if now.duration_since(*began) < pace.round => (Start::Nowhere, *began),
            Some(_) | None => (Start::AtTheFirst, now),
        };
        Self { start, began, now, most: pace.visits, chosen: Vec::new(), cut_short: false }
    }

    /// Notes the next tenant of the fleet. One on whom somebody works, or under whose lease work is left, waits for the next
    /// round.
    pub(crate) fn add(&mut self, tenant: &TenantId, is_gone: bool, lease: Option<LeaseMark>) {
        let follows = match &self.start {
            Start::Nowhere => false,
            Start::AtTheFirst => true,
            Start::After(last) => listing_order(tenant, last) == Ordering::Greater,
        };
        if !follows || lease.is_some_and(|lease| !is_quiet(lease, self.now)) {
            return;
        }
        if self.chosen.len() == self.most {
            self.cut_short = true;
            return;
        }
        self.chosen.push(Visit { tenant: tenant.clone(), is_gone });
    }

    /// Whether there is nothing to do, not even to write down that there was nothing.
    pub(super) const fn are_none(&self) -> bool {
        matches!(self.start, Start::Nowhere)
    }
}

/// Whether nobody works under a lease, and nobody has to settle anything.
pub(super) fn is_quiet(lease: LeaseMark, now: Timestamp) -> bool {
    !lease.is_held(now) && !lease.is_abandoned(now)
}

/// Between the beginnings of two rounds: what is kept for days need not be looked at more often.
pub(super) const ROUND: SignedDuration = SignedDuration::from_hours(24);
