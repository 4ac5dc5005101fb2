//! End to end: real processes, real Terraform, real clients; a file per behaviour.

mod canary;
mod drift;
mod guard;
mod lifecycle;
mod many;
mod plain_terraform;
mod restart;
mod store_contract;
mod uploads;
