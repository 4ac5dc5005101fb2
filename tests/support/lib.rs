//! What the end-to-end tests share: a whole control plane as a real process on this machine, its buckets, its cloud, and
//! the clients that people use.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "what fails here fails the test that asked"
)]

mod cloud;
mod control_plane;
mod definition;
mod storage;
mod tools;

pub use cloud::Cloud;
pub use control_plane::{Answer, ControlPlane, Options};
pub use definition::definition;
pub use storage::Storage;
pub use tools::{Finished, binary, eventually, run};
