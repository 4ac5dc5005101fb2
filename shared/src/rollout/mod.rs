//! How a change of the platform reaches the tenants that are there: not all at once, and back again where it does harm.
//! Pure; who carries it out is the sweep, which counts and hands out, and the reconciler, which asks the record before
//! each step.
//!
//! What of the platform a tenant was made with is a value, its **release**, and each tenant's status pins the one it has.
//! A rollout brings the fleet from its releases to a **target** in waves. Who belongs to which wave is computed from the
//! tenant's id and its canary label, so no list of tenants is kept anywhere, and a rollout is one small record.

mod advance;
mod record;
mod release;
mod tally;
#[cfg(test)]
mod tests;
mod wave;

pub use advance::{Step, advance};
pub use record::{Order, Refused, Rollout, RolloutState};
pub use release::{Course, Defaults, Pin, Release};
pub use tally::{Named, Standing, Tally, WaveTally, standing};
pub use wave::wave_of;
