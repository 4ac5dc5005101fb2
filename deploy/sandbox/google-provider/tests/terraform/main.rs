//! Real Terraform, with this provider as its only one, on small modules and on the production module.
#![expect(clippy::disallowed_methods, reason = "the tests start Terraform and ask where it is")]

mod cloud_behaviour;
mod drift;
mod lifecycle;
mod module;
mod processes;
mod secrecy;
mod workspace;
