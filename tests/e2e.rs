//! End to end: real processes, real Terraform, real clients; a file per behaviour.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where it stands")]

mod adoption;
mod approvals;
mod bad_input;
mod canary;
mod client;
mod database;
mod described;
mod drift;
mod fleet;
mod functions;
mod gcloud;
mod guard;
mod guide;
mod identity;
mod images;
mod large_bodies;
mod lifecycle;
mod many;
mod mass_delete;
mod opentofu;
mod overload;
mod pipelines;
mod plain_terraform;
mod restart;
mod retention;
mod rollout;
mod smoke;
mod starts;
mod store_contract;
mod sync;
mod telemetry;
mod uploads;
mod walkthrough;
