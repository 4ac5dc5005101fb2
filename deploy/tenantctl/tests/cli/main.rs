//! `tenantctl` run as people and pipelines run it: a real process, real git repositories, and an API that holds state.

#![expect(clippy::unwrap_used, reason = "what a test's own helpers cannot do fails the test")]

mod change;
mod ctl;
mod errors;
mod help;
mod range;
mod read;
mod repository;
mod server;
mod sync;
mod validate;
