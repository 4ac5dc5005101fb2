//! A stand-in for Google Cloud Storage that real clients accept: the official `google-cloud-storage` crate, Terraform's
//! gcs backend, `gcloud storage`, curl. It keeps its buckets in a folder, enforces every precondition, and tells
//! subscribers of changes as Eventarc does.
//!
//! Rooms: `store` (buckets on disk), `events` (`CloudEvents`), `json` and `grpc` (the two protocols), `access` (the way
//! from a protocol to the store, with `faults` on it), `serve` (the port), `sandbox` (all of it put together).
//! There is no authentication: anonymous and any other credentials are accepted.

mod access;
mod events;
mod faults;
mod grpc;
mod json;
mod range;
mod sandbox;
mod serve;
mod store;

pub use events::{Redelivery, Subscription};
pub use faults::{Fault, Faults, Operation, Rule};
pub use sandbox::{Bucket, Sandbox, Settings, StartError};
pub use store::{BucketName, Error as StoreError, Generation, ObjectName};

/// The folder in the root for what belongs to no bucket; no bucket can be called that.
const OWN_FOLDER: &str = ".sandbox";
