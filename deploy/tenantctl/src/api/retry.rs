//! When to try again. Pure.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// How long to wait before attempt number `attempt` + 1, counted from 1: as long as the API asks for, else twice as long
/// each time. `None` when that would go over the budget.
pub(crate) fn next_wait(attempt: u32, asked: Option<Duration>, spent: Duration, budget: Duration) -> Option<Duration> {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1))).min(LONGEST);
    let wait = asked.unwrap_or(doubled);
    (spent.saturating_add(wait) <= budget).then_some(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits() {
        let ms = Duration::from_millis;
        for (attempt, asked, spent, expected) in [
            (1, None, ms(0), Some(ms(500))),
            (2, None, ms(500), Some(ms(1_000))),
            (5, None, ms(0), Some(ms(8_000))),
            (40, None, ms(0), Some(ms(30_000))),
            (1, Some(ms(7_000)), ms(0), Some(ms(7_000))),
            (1, Some(ms(61_000)), ms(0), None),
            (1, None, ms(59_700), None),
        ] {
            assert_eq!(next_wait(attempt, asked, spent, ms(60_000)), expected, "{attempt} {asked:?} {spent:?}");
        }
    }
}
