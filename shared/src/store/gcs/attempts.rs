//! Calling again: how often, how long, and what is known when it ends.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::fault::Fault;

/// How long a caller waits at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Calls in all.
    pub attempts: u32,
    /// For one call.
    pub each: Duration,
    /// For all calls and the pauses between them.
    pub all: Duration,
}

impl Limits {
    /// Reading, listing, deleting: small answers, and a request that waits for them.
    pub(super) const READ: Self = Self { attempts: 5, each: Duration::from_secs(5), all: Duration::from_secs(10) };
    /// Writing: the content has to go up first.
    pub(super) const WRITE: Self = Self { attempts: 5, each: Duration::from_secs(15), all: Duration::from_secs(25) };
    /// Looking up what became of a write, after its caller has waited already.
    pub(super) const LOOK_UP: Self = Self { attempts: 3, each: Duration::from_secs(3), all: Duration::from_secs(5) };
}

/// How a series of calls ended.
pub(super) struct Outcome<T> {
    /// The last call's result.
    pub result: Result<T, Fault>,
    /// A call before the last one got no answer: it may have been carried out.
    pub unanswered: bool,
}

/// Calls until there is an answer or a limit is reached. Only [`Fault::Unavailable`] is no answer. Where the service says how
/// long to stay away, that is not cut short: if it is longer than there is time, this is the end.
pub(super) async fn attempt<T, F>(limits: &Limits, mut call: impl FnMut() -> F) -> Outcome<T>
where
    F: Future<Output = Result<T, Fault>>,
{
    let end = Instant::now() + limits.all;
    let mut unanswered = false;
    let mut number = 0;
    loop {
        number += 1;
        let left = end.saturating_duration_since(Instant::now()).min(limits.each);
        let result = timeout(left, call())
            .await
            .unwrap_or_else(|_| Err(Fault::silence(format!("no answer within {} ms", left.as_millis()))));
        let Err(Fault::Unavailable { after, .. }) = &result else { return Outcome { result, unanswered } };
        let pause = pause_after(number).max(after.unwrap_or_default());
        if number >= limits.attempts || end.saturating_duration_since(Instant::now()) <= pause {
            return Outcome { result, unanswered };
        }
        unanswered = true;
        sleep(pause).await;
    }
}

/// 100 ms, doubled each time up to 1.6 s, less a random half: callers that failed together do not return together.
fn pause_after(attempt: u32) -> Duration {
    let longest = Duration::from_millis(100) * 2_u32.pow(attempt.saturating_sub(1).min(4));
    longest.mul_f64(rand::random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::pending;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Limits, attempt};
    use crate::store::gcs::fault::Fault;

    fn later() -> Fault {
        Fault::silence("later".to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_ends_it_whatever_it_says() {
        for answer in [Ok(7), Err(Fault::Precondition), Err(Fault::Denied("no".to_owned()))] {
            let calls = Cell::new(0);
            let outcome = attempt(&Limits::READ, || {
                calls.set(calls.get() + 1);
                let answer = answer.clone();
                async move { answer }
            })
            .await;
            assert_eq!((outcome.result, outcome.unanswered, calls.get()), (answer, false, 1));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_earlier_call_without_an_answer_is_remembered() {
        let calls = Cell::new(0);
        let outcome = attempt(&Limits::WRITE, || {
            calls.set(calls.get() + 1);
            let first = calls.get() == 1;
            async move { if first { Err(later()) } else { Err::<(), _>(Fault::Precondition) } }
        })
        .await;
        assert_eq!((outcome.result, outcome.unanswered, calls.get()), (Err(Fault::Precondition), true, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_are_limited() {
        let calls = Cell::new(0);
        let outcome = attempt(&Limits::READ, || {
            calls.set(calls.get() + 1);
            async { Err::<(), _>(later()) }
        })
        .await;
        assert_eq!((outcome.result, calls.get()), (Err(later()), Limits::READ.attempts));
    }

    #[tokio::test(start_paused = true)]
    async fn how_long_to_stay_away_is_heeded_or_it_is_the_end() {
        for (seconds, expected) in [(3, 2), (60, 1), (u64::MAX, 1)] {
            let (begin, calls) = (Instant::now(), Cell::new(0));
            let outcome = attempt(&Limits::READ, || {
                calls.set(calls.get() + 1);
                let first = calls.get() == 1;
                let after = Some(Duration::from_secs(seconds));
                async move { if first { Err(Fault::Unavailable { reason: "busy".to_owned(), after }) } else { Ok(()) } }
            })
            .await;
            assert_eq!((outcome.result.is_ok(), calls.get()), (expected > 1, expected), "{seconds} s");
            assert_eq!(begin.elapsed() >= Duration::from_secs(seconds), expected > 1, "{seconds} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_limited() {
        let begin = Instant::now();
        let outcome = attempt(&Limits::READ, pending::<Result<(), Fault>>).await;
        assert!(matches!(outcome.result, Err(Fault::Unavailable { .. })), "{:?}", outcome.result);
        assert!(begin.elapsed() <= Limits::READ.all + Duration::from_millis(5), "{:?}", begin.elapsed());
    }
}
