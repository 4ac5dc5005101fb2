//! The stand-in held against real clients: the official crate, Terraform's gcs backend, `gcloud storage`, curl-like
//! HTTP. One binary, so that the official crate is linked once.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::large_futures,
    clippy::disallowed_methods,
    reason = "all of this is test code, which starts real clients and may stop at the first surprise"
)]

mod events;
mod faults;
mod gcloud;
mod http;
mod official;
mod official_content;
mod official_races;
mod receiver;
mod restart;
mod support;
mod terraform;
