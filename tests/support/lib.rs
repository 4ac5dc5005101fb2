//! What the end-to-end tests share: a whole control plane as a real process on this machine, its buckets, its cloud, and
//! the clients that people use.

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
