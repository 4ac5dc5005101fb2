//! The definitions bucket changed: decide for the tenant the object names

fn main() {}
