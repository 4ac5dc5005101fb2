//! What was kept long enough, and goes: logs and what else belongs to old operations, records of who did what, what is left of
//! tenants that were deleted long ago.
//!
//! - [`choose`]: what goes, from what a listing shows and what is known of the tenant. Pure.
//! - [`visits`]: whom a sweep visits, so that a round goes through the whole fleet. Pure.
//! - [`pruner`]: lists, looks, asks `choose`, deletes.
//!
//! A bucket's lifecycle rules could do the part that goes by age alone. They know neither whether an operation has ended,
//! nor which variables a destroy will need, nor which records are a tenant's newest; and there are none on a local machine.

mod choose;
mod pruner;
#[cfg(test)]
mod tests;
mod visits;

pub use pruner::{Pace, Pruned, Pruner};
