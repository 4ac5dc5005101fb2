//! Time and ids as ports, so that a test decides both.

use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;

use crate::operation::OperationId;

/// What time it is, and waiting.
#[async_trait::async_trait]
pub trait Clock: Send + Sync + 'static {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
    /// Waits.
    async fn sleep(&self, duration: Duration);
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait::async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Follows the runtime's own time from a given start: a test that pauses the runtime decides what time it is, and nothing
/// it waits for takes any.
#[derive(Debug, Clone, Copy)]
pub struct RuntimeClock {
    start: Timestamp,
    began: tokio::time::Instant,
}

impl RuntimeClock {
    /// It is `start` now.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, began: tokio::time::Instant::now() }
    }
}

#[async_trait::async_trait]
impl Clock for RuntimeClock {
    fn now(&self) -> Timestamp {
        let passed = jiff::SignedDuration::try_from(self.began.elapsed()).unwrap_or(jiff::SignedDuration::MAX);
        self.start.saturating_add(passed).unwrap_or(Timestamp::MAX)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Where new operation ids come from.
pub trait OperationIds: Send + Sync + 'static {
    /// A new id that sorts after every id given out before `now`.
    fn next(&self, now: Timestamp) -> OperationId;
}

/// ULIDs: sortable by time, unique without coordination, and increasing within one process even inside a millisecond.
#[derive(Debug, Default)]
pub struct UlidIds(Mutex<ulid::Generator>);

impl OperationIds for UlidIds {
    fn next(&self, now: Timestamp) -> OperationId {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
        let at = std::time::UNIX_EPOCH + Duration::from_millis(millis);
        let mut generator = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Only the 80 random bits of one millisecond can overflow; a fresh id is then as good.
        let id = generator.generate_from_datetime(at).unwrap_or_else(|_| ulid::Ulid::from_datetime(at));
        OperationId::from(id)
    }
}
