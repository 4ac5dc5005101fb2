//! Observe, decide, execute: the only path from a definition to a change.
//!
//! [`decide`] chooses and does nothing; everything else does and chooses nothing. A tenant id goes in and nothing else:
//! events, tasks, requests and the sweep differ in when they ask, not in what happens.

mod decide;

pub use decide::{Action, Cause, HoldReason, Idle, Intended, Situation, Why, decide};
