//! The command-line client of the tenants API

fn main() {}
