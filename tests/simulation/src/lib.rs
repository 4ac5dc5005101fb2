//! A simulation of the whole control plane: the product's own code over ports in memory, and a schedule, drawn from a seed,
//! of everything that can happen to it: definitions written and removed, events lost, doubled, reordered and late, sweeps,
//! requests, clocks that jump and disagree, processes that die at any point, storage and cloud that fail before or after
//! the effect, listings that are behind. The design's invariants are asserted at every step; a seed tells the same story
//! each time.
//!
//! - `gates`: where every effect waits; opening one is the only way on.
//! - `world`, `bucket`, `behind`: time, chance, storage. `cloud`, `provisioner`, `running`: what works as Terraform does.
//! - `broken`: the same with a safeguard switched off, to see that it is missed.
//! - `process`: the product on an executor that stops anywhere.
//! - `witness`: the invariants.
//! - `schedule`: the course of one schedule; then a quiet time and two sweeps. `happenings`, `requests`: what can happen.
//! - `verdict`: whether everything is as defined then.
//! - `campaign`, `tally`: many seeds, and what happened in them.

mod behind;
mod broken;
mod bucket;
mod campaign;
mod cloud;
mod definitions;
mod gates;
mod happenings;
mod process;
mod provisioner;
mod requests;
mod running;
mod schedule;
mod tally;
mod verdict;
mod witness;
mod world;

pub use broken::Broken;
pub use campaign::{Campaign, Finding, Findings};
pub use schedule::{Outcome, Settings, simulate};
pub use tally::{Happening, Tally};
pub use witness::{Breach, Invariant};
