//! Every effect of a simulated process waits at a gate until the schedule lets it through: which gate opens next is all
//! the order there is.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use jiff::Timestamp;

use crate::world::World;

/// Which simulated process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ProcessId(pub(crate) u32);

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", self.0)
    }
}

/// The gates where somebody waits, in the order they came.
#[derive(Default)]
pub(crate) struct Gates {
    next: u64,
    waiting: BTreeMap<u64, Waiting>,
}

struct Waiting {
    process: ProcessId,
    /// On its process's clock; `None`: may pass at any time.
    until: Option<Timestamp>,
    open: bool,
    waker: Option<Waker>,
}

/// A place where somebody waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) ticket: u64,
    pub(crate) process: ProcessId,
    pub(crate) until: Option<Timestamp>,
}

impl Gates {
    pub(crate) fn enter(&mut self, process: ProcessId, until: Option<Timestamp>) -> u64 {
        self.next += 1;
        self.waiting.insert(self.next, Waiting { process, until, open: false, waker: None });
        self.next
    }

    /// Where somebody still waits, oldest first.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place> {
        let closed = self.waiting.iter().filter(|(_, waiting)| !waiting.open);
        closed.map(|(ticket, waiting)| Place { ticket: *ticket, process: waiting.process, until: waiting.until })
    }

    /// Opens a gate; the waker is to be woken once nothing is locked.
    pub(crate) fn open(&mut self, ticket: u64) -> Option<Waker> {
        let waiting = self.waiting.get_mut(&ticket)?;
        waiting.open = true;
        waiting.waker.take()
    }

    fn poll(&mut self, ticket: u64, waker: &Waker) -> Poll<()> {
        match self.waiting.get_mut(&ticket) {
            Some(waiting) if !waiting.open => {
                waiting.waker = Some(waker.clone());
                Poll::Pending
            }
            _ => {
                self.waiting.remove(&ticket);
                Poll::Ready(())
            }
        }
    }
}

/// Waits at one gate. Dropped while it waits, nobody waits there any more: the process died, or lost interest.
pub(crate) struct Pass {
    world: Arc<World>,
    ticket: u64,
}

impl Pass {
    pub(crate) fn new(world: &Arc<World>, process: ProcessId, until: Option<Timestamp>) -> Self {
        let ticket = world.lock().gates.enter(process, until);
        Self { world: Arc::clone(world), ticket }
    }
}

impl Future for Pass {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.world.lock().gates.poll(self.ticket, context.waker())
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.world.lock().gates.waiting.remove(&self.ticket);
    }
}
