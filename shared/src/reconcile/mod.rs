//! Observe, decide, execute: the only path from a definition to a change.
//!
//! [`decide`] chooses and does nothing; everything else does and chooses nothing. A tenant id goes in and nothing else:
//! events, tasks, requests and the sweep differ in when they ask, not in what happens.

mod admission;
mod breaker;
mod decide;
mod look;
mod noticed;
mod observe;
mod ports;
mod queued;
mod rates;
mod reconciler;
mod recorder;
mod rolling;
mod run;
mod serving;
mod slots;
mod sweep;
mod tenure;
#[cfg(test)]
mod tests;
mod turns;
mod watch;
mod watcher;

pub use admission::Admitted;
pub use breaker::{Breaker, FleetCount, too_many};
pub use decide::{Action, Cause, HoldReason, Idle, Intended, ListSeen, Lookup, PluginStep, Situation, Why, decide};
pub use observe::{Deployed, Observation, ObservedDefinition, Wanted};
pub(crate) use observe::{decisions, occupancy, platform_of};
pub use ports::{Footing, PluginPorts, Ports};
pub(crate) use queued::enqueue;
pub use rates::Rates;
pub use reconciler::{Insist, Reconciled, Reconciler};
pub use serving::check_serving;
pub use sweep::{Due, SweepReport, Sweeper, due, next_check};
pub use watcher::{Noticed, Suspicion, Watcher};
