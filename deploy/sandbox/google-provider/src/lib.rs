//! A Terraform provider that stands in for hashicorp/google and hashicorp/random, and keeps its cloud in a folder.
//!
//! The production modules are planned, applied, drifted and destroyed with it unchanged, without an account. It answers as
//! one or the other by its executable's file name; [`install()`] lays it out where Terraform looks for both.

pub mod cloud;
pub mod install;
pub mod kinds;
pub mod plan;
pub mod provider;
pub mod rpc;
pub mod schema;
pub mod value;

pub use install::install;
