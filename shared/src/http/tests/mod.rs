//! The routes, asked as a client asks them.

mod world;

pub(in crate::http) use world::{Answered, World};

mod bad_input;
mod fuzz;
mod lambda;
mod plugins;
mod reading;
mod stopping;
mod strangers;
mod trickling;
mod writing;
