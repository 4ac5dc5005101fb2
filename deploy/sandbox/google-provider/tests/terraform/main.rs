//! Real Terraform, with this provider as its only one, on small modules and on the production module.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "this is a test, although not all of it is in test functions"
)]
#![expect(clippy::disallowed_methods, reason = "the tests start Terraform and ask where it is")]

mod cloud_behaviour;
mod control_plane;
mod drift;
mod installation;
mod lifecycle;
mod module;
mod processes;
mod real_schema;
mod secrecy;
mod workspace;
