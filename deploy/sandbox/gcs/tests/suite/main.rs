//! The stand-in held against real clients: the official crate, Terraform's gcs backend, `gcloud storage`, curl-like
//! HTTP. One binary, so that the official crate is linked once.

mod events;
mod faults;
mod gcloud;
mod http;
mod official;
mod official_races;
mod receiver;
mod restart;
mod support;
mod terraform;
