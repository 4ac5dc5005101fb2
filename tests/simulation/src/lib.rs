//! A simulation of the whole control plane: the product's own code over ports in memory, and a schedule, drawn from a seed,
//! of everything that can happen to it: definitions written and removed, events lost, doubled, reordered and late, sweeps,
//! requests, clocks that jump and disagree, processes that die at any point, storage and cloud that fail before or after
//! the effect. The design's invariants are asserted at every step; a seed tells the same story each time.
//!
//! - `gates`: where every effect waits; opening one is the only way on.
//! - `world`, `bucket`, `cloud`: time, chance, storage, and a provisioner that works as Terraform does.
//! - `process`: the product on an executor that stops anywhere.
//! - `witness`: the invariants.
//! - `schedule`: what happens, in which order; then a quiet time and two sweeps.
//! - `verdict`: whether everything is as defined then.

mod bucket;
mod cloud;
mod definitions;
mod gates;
mod process;
mod schedule;
mod verdict;
mod witness;
mod world;

pub use schedule::{Outcome, Settings, simulate};
pub use witness::{Breach, Invariant};
pub use world::Broken;
