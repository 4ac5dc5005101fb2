//! Slots of database instances within this process: who waits for one waits in memory, and each slot's lease is asked for
//! by one task at a time.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::platform::{InstanceName, ProjectId, Tier};

/// The slots of every instance this process has worked on: as many as there are tiers.
#[derive(Default)]
pub(super) struct Slots(Mutex<HashMap<(ProjectId, InstanceName), Arc<Pool>>>);

struct Pool {
    permits: Arc<Semaphore>,
    /// Numbers that no task of this process asks for; the one that was free last is in front.
    numbers: Mutex<VecDeque<usize>>,
}

/// One slot's number, this task's until dropped. Whether the slot is free, its lease tells.
pub(super) struct Place {
    pub(super) number: usize,
    pool: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
}

impl Slots {
    /// Waits for one of an instance's `count` slots, first come first served.
    pub(super) async fn take(&self, database: &Tier, count: usize) -> Place {
        let pool = {
            let mut pools = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let instance = (database.project.clone(), database.instance.clone());
            Arc::clone(pools.entry(instance).or_insert_with(|| Arc::new(Pool::of(count))))
        };
        loop {
            // The semaphore is never closed; a closed one would only make this ask again.
            if let Ok(permit) = Arc::clone(&pool.permits).acquire_owned().await {
                // As many numbers as permits: there is one.
                let number = pool.numbers().pop_front().unwrap_or_default();
                return Place { number, pool, _permit: permit };
            }
        }
    }
}

impl Pool {
    fn of(count: usize) -> Self {
        let count = count.clamp(1, Semaphore::MAX_PERMITS);
        Self { permits: Arc::new(Semaphore::new(count)), numbers: Mutex::new((0..count).collect()) }
    }

    fn numbers(&self) -> MutexGuard<'_, VecDeque<usize>> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Another process holds this one: on to the next that nobody here asks for.
    pub(super) fn pass_on(&mut self) {
        let mut numbers = self.pool.numbers();
        numbers.push_back(self.number);
        self.number = numbers.pop_front().unwrap_or(self.number);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.pool.numbers().push_front(self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use futures::FutureExt as _;

    use super::*;

    fn instance(name: &str) -> Tier {
        let (project, connection_name) = ("tenants-eu".parse().unwrap(), format!("tenants-eu:europe-west1:{name}"));
        Tier { instance: name.parse().unwrap(), connection_name, project }
    }

    #[tokio::test]
    async fn every_task_has_a_number_of_its_own_and_the_rest_wait() {
        let (slots, shared, premium) = (Slots::default(), instance("shared-1"), instance("premium-1"));
        let (one, mut two) = (slots.take(&shared, 3).await, slots.take(&shared, 3).await);
        two.pass_on();
        let three = slots.take(&shared, 3).await;
        let numbers: BTreeSet<usize> = [one.number, two.number, three.number].into();
        assert_eq!(numbers, BTreeSet::from([0, 1, 2]));
        assert!(slots.take(&shared, 3).now_or_never().is_none(), "all are taken");
        assert!(slots.take(&premium, 1).now_or_never().is_some(), "another instance is another matter");
        let free = three.number;
        drop(three);
        assert_eq!(slots.take(&shared, 3).await.number, free);
    }
}
