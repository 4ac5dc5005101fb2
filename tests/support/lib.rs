//! What the end-to-end tests share: a whole control plane as a real process on this machine, its buckets, its cloud, and
//! the clients that people use.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "what fails here fails the test that asked"
)]

mod api;
mod client;
mod cloud;
mod collector;
mod control_plane;
mod database;
mod definition;
mod front;
mod github;
mod installation;
mod issuer;
mod pubsub;
mod secrets;
mod storage;
mod tools;
mod untouched;
mod wired;

pub use api::{Answer, Api};
pub use client::Client;
pub use cloud::Cloud;
pub use collector::{Collected, Collector};
pub use control_plane::{ControlPlane, Options};
pub use database::Database;
pub use definition::definition;
pub use front::FrontDoor;
pub use github::GitHub;
pub use installation::{Ended, Function, Installation};
pub use issuer::Issuer;
pub use pubsub::{Bridge, PubSub, Push, base64};
pub use secrets::{Kept, forms_of_secret, watch_processes};
pub use storage::Storage;
pub use tools::{Finished, binary, eventually, installed, needed, python, run};
pub use untouched::{Untouched, assert_problem, raw};
pub use wired::Wired;
