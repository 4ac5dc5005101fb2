//! Tasks: hints that a tenant wants reconciling, handed to whoever runs it. Losing one costs time, never truth: the sweep
//! finds the tenant again.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::tenant::TenantId;
use crate::trace::TraceContext;

#[cfg(any(test, feature = "contract"))]
pub mod contract;
#[cfg(feature = "gcs")]
mod pubsub;
mod queue;
mod topic;

#[cfg(feature = "gcs")]
pub use pubsub::PubSubTasks;
pub use queue::LocalQueue;
pub use topic::{InvalidTopicName, TopicName};

/// A tenant that wants reconciling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// Which.
    pub tenant: TenantId,
    /// How soon, among others that wait.
    #[serde(default)]
    pub priority: Priority,
    /// What it follows from, where that is known.
    #[serde(default, rename = "traceparent", skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceContext>,
}

impl Task {
    /// A task that follows from nothing that is known.
    pub const fn new(tenant: TenantId, priority: Priority) -> Self {
        Self { tenant, priority, trace: None }
    }

    /// The same, following from this.
    #[must_use]
    pub fn after(self, trace: Option<TraceContext>) -> Self {
        Self { trace, ..self }
    }
}

/// How soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Priority {
    /// Somebody waits for it.
    #[default]
    Change,
    /// It must be mended: a run died, a retry or a deletion is due.
    Recovery,
    /// It only wants a look.
    Upkeep,
}

/// A task was not taken.
#[derive(Debug, thiserror::Error)]
pub enum HandOutError {
    /// Too many wait.
    #[error("too many tasks wait; try again in {} s", .retry_after.as_secs())]
    Full {
        /// When to ask again.
        retry_after: Duration,
    },
    /// The queue did not answer.
    #[error("the task could not be handed on: {0}")]
    Unavailable(String),
}

impl HandOutError {
    /// Whether the same task may be taken later: always, a task has no content that could be wrong.
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Full { .. } | Self::Unavailable(_) => true,
        }
    }
}

/// Hands tasks on.
#[async_trait]
pub trait Tasks: Send + Sync + 'static {
    /// Hands one on. It is carried out at least once, later, elsewhere.
    async fn hand_out(&self, task: Task) -> Result<(), HandOutError>;
}
