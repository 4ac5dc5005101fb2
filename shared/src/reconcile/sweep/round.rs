//! What one sweep hands out of work that can wait: at most so much, and the longest waiting of it.

use std::collections::BinaryHeap;

use jiff::Timestamp;

use crate::tenant::TenantId;

/// The tenants of one round.
pub(super) struct Round {
    most: usize,
    left_out: usize,
    /// The one that waits the shortest on top: the first to be left out.
    waiting: BinaryHeap<(Option<Timestamp>, TenantId)>,
}

impl Round {
    /// At most `most` tenants.
    pub(super) fn of(most: usize) -> Self {
        Self { most, left_out: 0, waiting: BinaryHeap::new() }
    }

    /// Adds a tenant that waits since then; `None`: for ever. Says who is one too many.
    pub(super) fn add(&mut self, since: Option<Timestamp>, tenant: TenantId) -> Option<TenantId> {
        self.waiting.push((since, tenant));
        if self.waiting.len() <= self.most {
            return None;
        }
        self.left_out += 1;
        self.waiting.pop().map(|(_, tenant)| tenant)
    }

    /// How many were too many.
    pub(super) const fn left_out(&self) -> usize {
        self.left_out
    }

    pub(super) fn longest_waiting_first(self) -> impl Iterator<Item = TenantId> {
        self.waiting.into_sorted_vec().into_iter().map(|(_, tenant)| tenant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_waiting_are_kept_and_come_first() {
        let mut round = Round::of(2);
        for (second, tenant) in [(Some(30), "ccc"), (Some(10), "aaa"), (None, "new"), (Some(20), "bbb")] {
            let since = second.map(|second| Timestamp::from_second(second).unwrap());
            round.add(since, tenant.parse().unwrap());
        }
        assert_eq!(round.left_out(), 2);
        let kept: Vec<String> = round.longest_waiting_first().map(|tenant| tenant.to_string()).collect();
        assert_eq!(kept, ["new", "aaa"]);
    }
}
