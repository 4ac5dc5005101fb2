//! A process that has nobody to hand tasks to.

use async_trait::async_trait;

use crate::tasks::{HandOutError, Task, Tasks};

/// Says so: the sender of an event delivers it again, and a sweep counts what it could not hand on.
pub(super) struct NoQueue;

#[async_trait]
impl Tasks for NoQueue {
    async fn hand_out(&self, task: Task) -> Result<(), HandOutError> {
        let reason = format!("this process knows of no queue; '{}' stays behind until one does", task.tenant);
        Err(HandOutError::Unavailable(reason))
    }
}
