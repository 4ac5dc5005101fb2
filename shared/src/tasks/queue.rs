//! A bounded queue in this process, for one machine. A tenant waits in it at most once, in the line of the most pressing
//! task it has, and is worked on by one worker at a time: a task that comes while its tenant is being worked on runs after
//! that. In a full queue what is more pressing takes the place of what is less: the sweep finds that again.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::future::Future;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{HandOutError, Priority, Task, Tasks};
use crate::tenant::TenantId;
use crate::trace::TraceContext;

const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The queue. Cloning shares it.
#[derive(Clone)]
pub struct LocalQueue {
    shared: Arc<Shared>,
}

struct Shared {
    capacity: usize,
    waiting: Mutex<Waiting>,
    more: Notify,
}

#[derive(Default)]
struct Waiting {
    /// A line a priority. May hold tenants that went to another line since: `tenants` says where each waits.
    lines: BTreeMap<Priority, VecDeque<TenantId>>,
    tenants: HashMap<TenantId, Place>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Queued(Asked),
    Running,
    RunningAndAsked(Asked),
}

/// What is asked of a tenant: how soon, and what that follows from.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Asked {
    priority: Priority,
    trace: Option<TraceContext>,
}

impl LocalQueue {
    /// At most `capacity` tenants wait.
    pub fn new(capacity: usize) -> Self {
        let shared = Shared { capacity, waiting: Mutex::default(), more: Notify::new() };
        Self { shared: Arc::new(shared) }
    }

    /// Works with `workers` at once until `stop`; those under way are finished.
    pub async fn work<F, Fut>(&self, workers: usize, stop: CancellationToken, run: F)
    where
        F: Fn(Task) -> Fut,
        Fut: Future<Output = ()>,
    {
        let workers = (0..workers).map(|_| self.worker(&stop, &run));
        futures::future::join_all(workers).await;
    }

    /// How many tenants wait or are worked on.
    pub fn len(&self) -> usize {
        self.waiting().tenants.len()
    }

    /// Whether nothing waits and nothing is worked on.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    async fn worker<F, Fut>(&self, stop: &CancellationToken, run: &F)
    where
        F: Fn(Task) -> Fut,
        Fut: Future<Output = ()>,
    {
        while !stop.is_cancelled() {
            let (next, more) = self.waiting().take();
            if let Some(task) = next {
                // One wake-up may stand for several tasks: pass it on.
                if more {
                    self.shared.more.notify_one();
                }
                let tenant = task.tenant.clone();
                run(task).await;
                let asked_again = self.waiting().finished(&tenant);
                if asked_again {
                    self.shared.more.notify_one();
                }
            } else {
                tokio::select! {
                    () = self.shared.more.notified() => {}
                    () = stop.cancelled() => {}
                }
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn push(&mut self, task: Task) {
        let asked = Asked { priority: task.priority, trace: task.trace };
        match self.tenants.get_mut(&task.tenant) {
            Some(Place::Queued(before)) if before.priority <= asked.priority => return,
            Some(place @ Place::Running) => {
                *place = Place::RunningAndAsked(asked);
                return;
            }
            Some(Place::RunningAndAsked(before)) => {
                if asked.priority < before.priority {
                    *before = asked;
                }
                return;
            }
            Some(Place::Queued(_)) | None => {}
        }
        self.tenants.insert(task.tenant.clone(), Place::Queued(asked));
        self.lines.entry(task.priority).or_default().push_back(task.tenant);
    }

    /// The next task, and whether more wait behind it.
    fn take(&mut self) -> (Option<Task>, bool) {
        let Self { lines, tenants } = self;
        let next = lines.iter_mut().find_map(|(priority, line)| {
            while let Some(tenant) = line.pop_front() {
                if let Some(Asked { trace, .. }) = waits(tenants, &tenant, *priority) {
                    return Some(Task { tenant, priority: *priority, trace });
                }
            }
            None
        });
        if let Some(task) = &next {
            tenants.insert(task.tenant.clone(), Place::Running);
        }
        (next, lines.values().any(|line| !line.is_empty()))
    }

    /// Makes room by sending away the last of the least pressing line, if that is less pressing than this. Says whether
    /// there is room.
    fn make_room(&mut self, priority: Priority) -> bool {
        let Self { lines, tenants } = self;
        let last = lines.range_mut((Bound::Excluded(priority), Bound::Unbounded)).rev().find_map(|(priority, line)| {
            while let Some(tenant) = line.pop_back() {
                if waits(tenants, &tenant, *priority).is_some() {
                    return Some(tenant);
                }
            }
            None
        });
        last.is_some_and(|tenant| tenants.remove(&tenant).is_some())
    }

    fn finished(&mut self, tenant: &TenantId) -> bool {
        let Some(Place::RunningAndAsked(asked)) = self.tenants.remove(tenant) else { return false };
        self.push(Task { tenant: tenant.clone(), priority: asked.priority, trace: asked.trace });
        true
    }
}

/// What is asked of a tenant that waits in this line.
fn waits(tenants: &HashMap<TenantId, Place>, tenant: &TenantId, line: Priority) -> Option<Asked> {
    match tenants.get(tenant) {
        Some(Place::Queued(asked)) if asked.priority == line => Some(*asked),
        _ => None,
    }
}

#[async_trait]
impl Tasks for LocalQueue {
    async fn hand_out(&self, task: Task) -> Result<(), HandOutError> {
        {
            let mut waiting = self.waiting();
            let known = waiting.tenants.contains_key(&task.tenant);
            let full = waiting.tenants.len() >= self.shared.capacity;
            if !known && full && !waiting.make_room(task.priority) {
                return Err(HandOutError::Full { retry_after: RETRY_AFTER });
            }
            waiting.push(task);
        }
        self.shared.more.notify_one();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::contract::{self, Bench};

    /// A queue, and one worker's reports.
    struct Worked {
        queue: LocalQueue,
        arrived: tokio::sync::Mutex<tokio::sync::mpsc::UnboundedReceiver<TenantId>>,
    }

    impl Worked {
        fn begin() -> Self {
            let (queue, (report, arrived)) = (LocalQueue::new(100), tokio::sync::mpsc::unbounded_channel());
            let work = queue.clone();
            tokio::spawn(async move {
                let run = |task: Task| {
                    let _ = report.send(task.tenant);
                    std::future::ready(())
                };
                work.work(1, CancellationToken::new(), run).await;
            });
            Self { queue, arrived: arrived.into() }
        }
    }

    impl Bench for Worked {
        fn tasks(&self) -> Arc<dyn Tasks> {
            Arc::new(self.queue.clone())
        }

        async fn arrives(&self) -> TenantId {
            self.arrived.lock().await.recv().await.unwrap()
        }
    }

    #[tokio::test]
    async fn the_contract_of_tasks() {
        contract::every_task_arrives(&Worked::begin()).await;
        contract::a_tenant_arrives_as_often_as_it_must(&Worked::begin()).await;
    }

    fn task(tenant: &str, priority: Priority) -> Task {
        Task::new(tenant.parse().unwrap(), priority)
    }

    #[tokio::test]
    async fn changes_go_first_and_a_tenant_waits_once() {
        let queue = LocalQueue::new(10);
        for (tenant, priority) in [("upkeep", Priority::Upkeep), ("one", Priority::Change), ("one", Priority::Change)] {
            queue.hand_out(task(tenant, priority)).await.unwrap();
        }
        assert_eq!(worked_off(&queue).await, ["one", "upkeep"]);
    }

    /// Who is worked on, in order, until the queue is empty.
    async fn worked_off(queue: &LocalQueue) -> Vec<String> {
        let (stop, seen) = (CancellationToken::new(), Mutex::new(Vec::new()));
        let run = |task: Task| {
            seen.lock().unwrap().push(task.tenant.to_string());
            if queue.len() == 1 {
                stop.cancel();
            }
            std::future::ready(())
        };
        queue.work(1, stop.clone(), run).await;
        seen.into_inner().unwrap()
    }

    #[tokio::test]
    async fn a_tenant_waits_in_the_line_of_its_most_pressing_task() {
        let queue = LocalQueue::new(10);
        let tasks = [
            ("one", Priority::Upkeep),
            ("two", Priority::Upkeep),
            ("six", Priority::Recovery),
            ("two", Priority::Change),
            ("two", Priority::Recovery),
        ];
        for (tenant, priority) in tasks {
            queue.hand_out(task(tenant, priority)).await.unwrap();
        }
        assert_eq!(worked_off(&queue).await, ["two", "six", "one"]);
    }

    #[tokio::test]
    async fn in_a_full_queue_what_is_more_pressing_takes_the_place_of_what_is_less() {
        let queue = LocalQueue::new(2);
        for tenant in ["one", "two"] {
            queue.hand_out(task(tenant, Priority::Upkeep)).await.unwrap();
        }
        assert!(queue.hand_out(task("six", Priority::Upkeep)).await.is_err());
        queue.hand_out(task("changed", Priority::Change)).await.unwrap();
        assert_eq!(worked_off(&queue).await, ["changed", "one"]);
    }

    #[tokio::test]
    async fn a_task_for_a_tenant_under_way_runs_after_it() {
        let queue = LocalQueue::new(10);
        queue.hand_out(task("acme", Priority::Change)).await.unwrap();
        let stop = CancellationToken::new();
        let runs = Mutex::new(0);
        let run = |task: Task| {
            let (queue, runs, stop) = (queue.clone(), &runs, &stop);
            async move {
                let first = {
                    let mut runs = runs.lock().unwrap();
                    *runs += 1;
                    *runs == 1
                };
                if first {
                    queue.hand_out(task).await.unwrap();
                } else {
                    stop.cancel();
                }
            }
        };
        queue.work(4, stop.clone(), run).await;
        assert_eq!(*runs.lock().unwrap(), 2);
    }

    #[tokio::test]
    async fn a_task_keeps_what_it_follows_from() {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().ok();
        let (queue, stop, seen) = (LocalQueue::new(10), CancellationToken::new(), Mutex::new(Vec::new()));
        queue.hand_out(task("acme", Priority::Upkeep)).await.unwrap();
        queue.hand_out(task("acme", Priority::Change).after(trace)).await.unwrap();
        let run = |task: Task| {
            seen.lock().unwrap().push(task.trace);
            stop.cancel();
            std::future::ready(())
        };
        queue.work(1, stop.clone(), run).await;
        assert_eq!(*seen.lock().unwrap(), [trace]);
    }

    #[tokio::test]
    async fn a_full_queue_says_when_to_come_back() {
        let queue = LocalQueue::new(1);
        queue.hand_out(task("one", Priority::Change)).await.unwrap();
        queue.hand_out(task("one", Priority::Change)).await.unwrap();
        let refused = queue.hand_out(task("two", Priority::Change)).await;
        assert!(matches!(refused, Err(HandOutError::Full { .. })));
    }
}
